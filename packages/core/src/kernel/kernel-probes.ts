import type { LinkHandle, MapHandle, NativeError } from '@beyla/native';
import { TAP_RUNTIME, TAP_RUNTIME_KIND } from '../events/layout.gen.ts';
import type { ProbeAttacher, ProbeGroup, TapRuntime } from '../taps/probe-attacher.ts';
import type { TapName } from '../taps/tap-plan.ts';
import type { Native } from './binding.ts';
import type { OpenedTaps } from './open-taps.ts';

const EPERM = 1;
const EACCES = 13;

/** Attaches the tap objects' programs to files: uprobe_multi links where the kernel has them, perf uprobes elsewhere. */
export class KernelProbes implements ProbeAttacher {
  readonly #native: Native;
  readonly #objects: OpenedTaps;
  readonly #runtimes: MapHandle;
  readonly #isMulti: boolean;

  constructor(native: Native, objects: OpenedTaps, runtimes: MapHandle) {
    this.#native = native;
    this.#objects = objects;
    this.#runtimes = runtimes;
    this.#isMulti = objects.isMulti;
  }

  get means(): 'uprobe_multi' | 'perf uprobes' {
    return this.#isMulti ? 'uprobe_multi' : 'perf uprobes';
  }

  get waitedMs(): number {
    return this.#objects.waitedMs;
  }

  trouble(tap: TapName): string | undefined {
    const object = this.#objects.get(tap);
    if (object instanceof Error) return object.message;
    return object === undefined ? 'it is switched off' : undefined;
  }

  attach(tap: TapName, path: string, groups: readonly ProbeGroup[], pid = -1): () => Promise<void> {
    const object = this.#objects.get(tap);
    if (object === undefined || object instanceof Error) throw new Error(`${tap} is not loaded`);
    const links: LinkHandle[] = [];
    const detach = (): Promise<void> => this.#native.closeLinks([links.splice(0)]);
    try {
      for (const { program, offsets } of groups) {
        for (const some of this.#isMulti ? [offsets] : offsets.map((offset) => [offset])) {
          // To replace a return address would end programs that switch stacks, throw exceptions or cancel threads inside of a call.
          const target = { path, offsets: some, pid, return: false, multi: this.#isMulti };
          links.push(object.attachUprobe(program, target));
        }
      }
    } catch (error) {
      void detach();
      throw new Error(causeOf(error as NativeError), { cause: error });
    }
    return detach;
  }

  addRuntime(pid: number, runtime: TapRuntime): boolean {
    const value = new DataView(new ArrayBuffer(TAP_RUNTIME.size));
    if (runtime === 'rustls') {
      value.setUint32(TAP_RUNTIME.kind, TAP_RUNTIME_KIND.RUSTLS, true);
    } else {
      value.setUint32(TAP_RUNTIME.kind, TAP_RUNTIME_KIND.GO, true);
      value.setInt32(TAP_RUNTIME.goroutineOffset, runtime.goroutineOffset, true);
    }
    try {
      this.#native.mapUpdate(this.#runtimes, keyOf(pid), new Uint8Array(value.buffer));
      return true;
    } catch {
      return false;
    }
  }

  removeRuntime(pid: number): void {
    this.#native.mapDelete(this.#runtimes, keyOf(pid));
  }
}

function keyOf(pid: number): Uint8Array {
  return new Uint8Array(new Uint32Array([pid]).buffer);
}

function causeOf({ errno, message }: NativeError): string {
  const text = message.split('\n', 1)[0] ?? '';
  if (errno === EACCES || errno === EPERM)
    return `${text}: perf uprobes need CAP_PERFMON, on many kernels CAP_SYS_ADMIN; a kernel ≥ 6.6 does without`;
  return text;
}
