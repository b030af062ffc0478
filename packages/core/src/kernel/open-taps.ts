import type { NativeError } from '@beyla/native';
import { BeylaError } from '../errors.ts';
import type { TapsOptions } from '../options/options.ts';
import type { TapName } from '../taps/tap-plan.ts';
import type { Native } from './binding.ts';
import { BpfObject } from './bpf-object.ts';

const EBADF = 9;
const PROBED: TapName = 'loader';
const PROBED_PROGRAM = 'loader_changed';

/**
 * The BPF objects of the taps, each loaded when it is asked for: verifying them all takes longer than everything else at a start, and few hosts need them
 * all. What cannot be loaded does not stop the rest.
 */
export class OpenedTaps {
  readonly #native: Native;
  readonly #options: ConstructorParameters<typeof BpfObject>[2];
  readonly #objects = new Map<TapName, BpfObject | Error>();
  readonly #wanted: ReadonlySet<TapName>;
  #isClosed = false;
  /** Milliseconds that loading has taken so far. */
  loadedMs = 0;
  /** Probes are attached by uprobe_multi links, else each by a perf event. */
  readonly isMulti: boolean;

  constructor(
    native: Native,
    wanted: Readonly<Required<TapsOptions>>,
    options: ConstructorParameters<typeof BpfObject>[2],
  ) {
    this.#native = native;
    this.#options = options;
    const { openssl, goTls, rustls } = wanted;
    const names: readonly [TapName, boolean][] = [
      ['openssl', openssl],
      ['go_tls', goTls],
      ['rustls', rustls],
      [PROBED, Object.values(wanted).includes(true)],
    ];
    this.#wanted = new Set(names.flatMap(([name, isWanted]) => (isWanted ? [name] : [])));
    const probed = this.#wanted.has(PROBED) ? this.#tryMulti() : undefined;
    if (probed !== undefined) this.#objects.set(PROBED, probed);
    this.isMulti = probed !== undefined;
  }

  /** The object; why it could not be loaded; undefined where it is not wanted. */
  get(name: TapName): BpfObject | Error | undefined {
    const known = this.#objects.get(name);
    if (known !== undefined || !this.#wanted.has(name) || this.#isClosed) return known;
    const startedMs = performance.now();
    const object = this.#load(name);
    this.loadedMs += performance.now() - startedMs;
    this.#objects.set(name, object);
    return object;
  }

  /** Loads one that nobody has asked for yet. False when there is none left. */
  loadNext(): boolean {
    const next = [...this.#wanted].find((name) => !this.#objects.has(name));
    return next !== undefined && !this.#isClosed && this.get(next) !== undefined;
  }

  get loaded(): readonly BpfObject[] {
    return [...this.#objects.values()].filter((object) => object instanceof BpfObject);
  }

  close(): void {
    this.#isClosed = true;
    for (const object of this.loaded) object.close();
    this.#objects.clear();
  }

  #load(name: TapName): BpfObject | Error {
    try {
      return new BpfObject(this.#native, name, { ...this.#options, uprobeMulti: this.isMulti });
    } catch (error) {
      if (error instanceof BeylaError) return error;
      throw error;
    }
  }

  /** The kernel fixes at load how a program is attached, so an object that is loaded for uprobe_multi is the way to find out. */
  #tryMulti(): BpfObject | undefined {
    let object: BpfObject;
    try {
      object = new BpfObject(this.#native, PROBED, { ...this.#options, uprobeMulti: true });
    } catch (error) {
      if (error instanceof BeylaError && error.code !== 'MISSING_CAPABILITY') return undefined;
      throw error;
    }
    if (hasUprobeMulti(object)) return object;
    object.close();
    return undefined;
  }
}

/** A kernel that knows these links says that a directory is no file to probe; one that does not refuses them all. */
function hasUprobeMulti(object: BpfObject): boolean {
  try {
    object.attachUprobe(PROBED_PROGRAM, { path: '/', offsets: [0], pid: -1, return: false, multi: true });
  } catch (error) {
    return (error as NativeError).errno === EBADF;
  }
  return false;
}
