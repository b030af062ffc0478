import type { BpfObject } from './bpf-object.ts';

/** It handles what processes do; what interrupts it, segments, is for another program (bpf/sockets.bpf.c). */
const INTERRUPTED_IN_VAIN = 'inet_sock_set_state';
/** Fewer than these are no reason to worry anybody, nor is one for this many turns. */
const FEWEST = 100;
const TURNS_PER_MISS = 100;

/** Runs that the kernel left out, because a program was interrupted on its CPU by what would have run it again. */
export function recursionMisses(objects: readonly Pick<BpfObject, 'programs'>[]): number {
  const programs = objects.flatMap((object) => object.programs());
  return programs
    .filter(({ name }) => name !== INTERRUPTED_IN_VAIN)
    .reduce((sum, program) => sum + program.recursionMisses, 0);
}

/** What to say in `health()` of runs that were left out, if they are many. */
export function recursionTrouble(counters: Readonly<Record<string, number>>): string | undefined {
  const { recursion_misses: misses = 0, turns = 0 } = counters;
  if (misses < FEWEST || misses * TURNS_PER_MISS < turns) return undefined;
  return (
    `${misses} events of sockets came while the program that notes them was interrupted on its CPU: ` +
    "the spans of some requests begin when they were read instead of when they arrived (startSource 'read')"
  );
}
