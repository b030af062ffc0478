import type { NativeError } from '@beyla/native';
import { BeylaError } from '../errors.ts';
import type { TapsOptions } from '../options/options.ts';
import type { TapName } from '../taps/tap-plan.ts';
import type { Native } from './binding.ts';
import { BpfObject } from './bpf-object.ts';
import { refusalOf } from './refusal-of.ts';

const EBADF = 9;
const PROBED: TapName = 'loader';
const PROBED_PROGRAM = 'loader_changed';

/**
 * The BPF objects of the taps. Verifying them takes longer than everything else at a start, so it is done ahead on another thread, one after another; who
 * asks for one before its turn waits for that one. What cannot be loaded does not stop the rest.
 */
export class OpenedTaps {
  readonly #native: Native;
  readonly #options: ConstructorParameters<typeof BpfObject>[2];
  readonly #objects = new Map<TapName, BpfObject | Error>();
  readonly #wanted: ReadonlySet<TapName>;
  #ahead: { readonly name: TapName; readonly object: BpfObject } | undefined;
  #loading: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Milliseconds that those who asked have waited so far. */
  waitedMs = 0;
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
    const object = this.#outcome(() => {
      const opened = this.#ahead?.name === name ? this.#ahead.object : this.#open(name);
      opened.loadNow();
      return opened;
    });
    this.waitedMs += performance.now() - startedMs;
    this.#objects.set(name, object);
    return object;
  }

  /** Begins to load all of them, in order; resolves when the first one, which most hosts need, is there. */
  loadAhead(): Promise<void> {
    const names = [...this.#wanted];
    const first = this.#loadInOrder(names.slice(0, 1));
    this.#loading = first.then(() => this.#loadInOrder(names.slice(1)));
    return first;
  }

  async #loadInOrder(names: readonly TapName[]): Promise<void> {
    for (const name of names) {
      if (this.#isClosed) return;
      if (this.#objects.has(name)) continue;
      const object = this.#outcome(() => this.#open(name));
      if (object instanceof BpfObject) {
        this.#ahead = { name, object };
        const refused = await object.loadAhead().then(() => undefined, refusalOf);
        this.#ahead = undefined;
        // Somebody may have waited for it, or the taps were closed meanwhile.
        if (this.#isClosed) object.close();
        else if (!this.#objects.has(name)) this.#objects.set(name, refused ?? object);
      } else {
        this.#objects.set(name, object);
      }
    }
  }

  get loaded(): readonly BpfObject[] {
    return [...this.#objects.values()].filter((object) => object instanceof BpfObject);
  }

  /** What is being loaded ahead is closed when that is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const object of this.loaded) object.close();
    this.#objects.clear();
    await this.#loading;
  }

  #open(name: TapName): BpfObject {
    return new BpfObject(this.#native, name, { ...this.#options, uprobeMulti: this.isMulti });
  }

  #outcome(action: () => BpfObject): BpfObject | Error {
    try {
      return action();
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** The kernel fixes at load how a program is attached, so an object that is loaded for uprobe_multi is the way to find out. */
  #tryMulti(): BpfObject | undefined {
    let object: BpfObject;
    try {
      object = BpfObject.load(this.#native, PROBED, { ...this.#options, uprobeMulti: true });
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
