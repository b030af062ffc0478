import { LRUCache } from 'lru-cache';
import { ElfFile } from '../elf/elf-file.ts';
import type { TapsOptions } from '../options/options.ts';
import { planGoTls } from './go/go-plan.ts';
import { planOpenssl } from './openssl-plan.ts';
import { planRustls } from './rustls-plan.ts';
import type { NoTap, TapPlan } from './tap-plan.ts';

/** Of no hostile file is more known than that. */
const TOO_MUCH: NoTap = { reason: 'refused', about: 'its tables are too much to read' };
const NOT_ELF: NoTap = { reason: 'none', about: 'not an executable file for x86-64' };

/** Plans of files, kept for the 1024 last used ones. */
export class FilePlans {
  readonly #planner: (elf: ElfFile) => TapPlan | NoTap;
  readonly #plans = new LRUCache<string, TapPlan | NoTap>({ max: 1024 });
  /** Files that were read. */
  filesRead = 0;

  constructor(planner: (elf: ElfFile) => TapPlan | NoTap) {
    this.#planner = planner;
  }

  /** Reads the file if it was not read before. */
  plan(identity: string, descriptor: number): TapPlan | NoTap {
    let plan = this.#plans.get(identity);
    if (plan === undefined) {
      this.filesRead++;
      plan = this.#read(descriptor);
      this.#plans.set(identity, plan);
    }
    return plan;
  }

  #read(descriptor: number): TapPlan | NoTap {
    const elf = ElfFile.read(descriptor);
    if (elf?.isX86 !== true) return NOT_ELF;
    const plan = this.#planner(elf);
    // A plan that was made of a part of the file might leave out what must not be.
    return elf.file.isSpent ? TOO_MUCH : plan;
  }
}

/** Where to probe a file for the kinds of TLS that are wanted. */
export function planTls(elf: ElfFile, wanted: Required<TapsOptions>): TapPlan | NoTap {
  const go = wanted.goTls ? planGoTls(elf) : undefined;
  if (go !== undefined && !('reason' in go && go.reason === 'none')) return go;
  const openssl = wanted.openssl ? planOpenssl(elf) : undefined;
  const rustls = wanted.rustls ? planRustls(elf) : undefined;
  if (openssl !== undefined && 'probes' in openssl)
    return rustls !== undefined && 'probes' in rustls ? { ...openssl, also: rustls } : openssl;
  if (rustls !== undefined && 'probes' in rustls) return rustls;
  return openssl ?? rustls ?? go ?? NOT_ELF;
}
