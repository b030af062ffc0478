import type { ProbeGroup } from './probe-attacher.ts';
import type { PlannedProbe } from './tap-plan.ts';

/** Neighbours with the same program and kind are attached at once. */
export function probeGroups(probes: readonly PlannedProbe[]): ProbeGroup[] {
  const all: { program: string; offsets: number[]; isReturn: boolean }[] = [];
  for (const { program, offset, isReturn } of probes) {
    const last = all.at(-1);
    if (last?.program === program && last.isReturn === isReturn) last.offsets.push(offset);
    else all.push({ program, offsets: [offset], isReturn });
  }
  return all;
}
