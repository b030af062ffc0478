import type { ProbeGroup } from './probe-attacher.ts';
import type { PlannedProbe } from './tap-plan.ts';

/** Neighbours with the same program are attached at once. */
export function probeGroups(probes: readonly PlannedProbe[]): ProbeGroup[] {
  const all: { program: string; offsets: number[] }[] = [];
  for (const { program, offset } of probes) {
    const last = all.at(-1);
    if (last?.program === program) last.offsets.push(offset);
    else all.push({ program, offsets: [offset] });
  }
  return all;
}
