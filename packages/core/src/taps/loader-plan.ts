import type { ElfFile } from '../elf/elf-file.ts';
import { findFunctions } from '../elf/symbols.ts';
import type { NoTap, TapPlan } from './tap-plan.ts';

const HOOK = '_dl_debug_state';
const NO_HOOK: NoTap = { reason: 'none', about: `no ${HOOK} among its symbols` };

/** Where to probe a dynamic loader (glibc's or musl's), so that a process that loads libraries is heard of. */
export function planLoader(elf: ElfFile): TapPlan | NoTap {
  const [hook] = findFunctions(elf, [HOOK]).get(HOOK) ?? [];
  const offset = hook === undefined ? undefined : elf.offsetOf(hook.address);
  if (offset === undefined) return NO_HOOK;
  const probe = { program: 'loader_changed', symbol: HOOK, offset, kind: 'stepped' } as const;
  return { tap: 'loader', probes: [probe], refused: [], about: 'dynamic loader' };
}
