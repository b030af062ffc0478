import { closeSync } from 'node:fs';
import type { ProcFs } from '../processes/procfs.ts';
import { FilePlans } from './file-plans.ts';
import { planLoader } from './loader-plan.ts';
import type { MappedFile } from './mapped-files.ts';
import { openCandidates } from './open-candidates.ts';
import { type OpenedFile, openMappedFile } from './open-mapped-file.ts';
import type { ProbeAttacher } from './probe-attacher.ts';
import { probeGroups } from './probe-groups.ts';
import type { TapPlan } from './tap-plan.ts';

/** Probes that only one process meets. */
interface Own {
  readonly identity: string;
  readonly detach: () => Promise<void>;
}

interface Waiting {
  loader: Own | undefined;
  readonly libraries: Own[];
}

/** Each of its processes costs a probe in the loader; taking one out takes some 30 ms of a thread. */
const MOST_PROCESSES = 64;
/** Each costs as many as the library has. */
const MOST_AWAITING = 16;
const LOADER = /\/(ld-[^/]*\.so[^/]*|libc\.musl-[^/]*)$/;

/**
 * Probes of processes that may load a TLS library one day, for each process its own, so that no other one pays for them: in its dynamic loader, which
 * tells at once what it loads; and in the OpenSSL libraries that it would find, where they catch its very first call.
 *
 * The library's own probes, for all processes, take over as soon as it is seen among the mapped files. Until the others are gone both run, which
 * the kernel side stands.
 */
export class OwnProbes {
  readonly #proc: ProcFs;
  readonly #attacher: ProbeAttacher;
  readonly #plans: FilePlans;
  readonly #loaders = new FilePlans(planLoader);
  readonly #waiting = new Map<number, Waiting>();
  readonly #leaving: Own[] = [];
  #detaching: Promise<void> | undefined;

  constructor(proc: ProcFs, attacher: ProbeAttacher, plans: FilePlans) {
    this.#proc = proc;
    this.#attacher = attacher;
    this.#plans = plans;
  }

  /** Processes with a probe in their loader, and libraries that are waited for. */
  get counts(): { readonly loaders: number; readonly awaited: number } {
    let [loaders, awaited] = [0, 0];
    for (const { loader, libraries } of this.#waiting.values()) {
      if (loader !== undefined) loaders++;
      awaited += libraries.length;
    }
    return { loaders, awaited };
  }

  /** Hears of what a process loads from now on: `new`, or `known` where it did before. Undefined where that is not possible. */
  hear(pid: number, mapped: readonly MappedFile[]): 'new' | 'known' | undefined {
    const file = mapped.find(({ path }) => LOADER.test(path));
    if (file === undefined || this.#attacher.trouble('loader') !== undefined) return undefined;
    const waiting = this.#waiting.get(pid);
    const opened = openMappedFile(this.#proc, pid, file);
    if ('cause' in opened) return undefined;
    try {
      if (waiting?.loader?.identity === opened.identity) return 'known';
      if (waiting === undefined && this.#waiting.size + this.#leaving.length >= MOST_PROCESSES) return undefined;
      const plan = this.#loaders.plan(opened.identity, opened.descriptor);
      const own = 'reason' in plan ? undefined : this.#attach(pid, plan, opened);
      if (own === undefined) return undefined;
      if (waiting?.loader !== undefined) this.#detach(waiting.loader);
      this.#waiting.set(pid, { loader: own, libraries: waiting?.libraries ?? [] });
      return 'new';
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Waits for the OpenSSL libraries that a process may load. What `isTapped` needs no probes of its own. */
  await(pid: number, mapped: readonly MappedFile[], isTapped: (identity: string) => boolean): void {
    const waiting = this.#waiting.get(pid);
    if (waiting === undefined || waiting.libraries.length > 0 || this.#attacher.trouble('openssl') !== undefined)
      return;
    const others = [...this.#waiting.values()].filter(({ libraries }) => libraries.length > 0).length;
    if (others + this.#leaving.length >= MOST_AWAITING) return;
    for (const opened of openCandidates(this.#proc, pid, mapped)) {
      const plan = this.#plans.plan(opened.identity, opened.descriptor);
      const isAwaited = !('reason' in plan) && plan.tap === 'openssl' && !isTapped(opened.identity);
      const own = isAwaited ? this.#attach(pid, plan, opened) : undefined;
      if (own !== undefined) waiting.libraries.push(own);
      closeSync(opened.descriptor);
    }
  }

  /** Libraries are no longer waited for: by this process, or all that are this file. */
  settle({ pid, identity }: { readonly pid?: number; readonly identity?: string }): void {
    for (const [waitingPid, { libraries }] of this.#waiting) {
      if (pid !== undefined && waitingPid !== pid) continue;
      const done = libraries.filter((own) => identity === undefined || own.identity === identity);
      for (const own of done) {
        libraries.splice(libraries.indexOf(own), 1);
        this.#detach(own);
      }
    }
  }

  release(pid: number): void {
    this.settle({ pid });
    const loader = this.#waiting.get(pid)?.loader;
    if (loader !== undefined) this.#detach(loader);
    this.#waiting.delete(pid);
  }

  /** Resolves when nothing is left in the kernel. */
  async close(): Promise<void> {
    for (const pid of [...this.#waiting.keys()]) this.release(pid);
    await Promise.all([this.#detaching, ...this.#leaving.splice(0).map((own) => own.detach())]);
  }

  #attach(pid: number, plan: TapPlan, { identity, descriptor }: OpenedFile): Own | undefined {
    try {
      const path = `/proc/self/fd/${descriptor}`;
      return { identity, detach: this.#attacher.attach(plan.tap, path, probeGroups(plan.probes), pid) };
    } catch {
      // The process has ended, or what the kernel refuses is told when the file is used.
      return undefined;
    }
  }

  #detach(own: Own): void {
    this.#leaving.push(own);
    this.#detaching ??= this.#detachAll().finally(() => {
      this.#detaching = undefined;
    });
  }

  /** One after another: processes that come and go by the thousand must not keep threads busy with it. */
  async #detachAll(): Promise<void> {
    for (let own = this.#leaving.shift(); own !== undefined; own = this.#leaving.shift()) await own.detach();
  }
}
