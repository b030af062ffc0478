import { readFileSync } from 'node:fs';
import type {
  LinkHandle,
  MapHandle,
  MapInfo,
  NativeError,
  ObjectHandle,
  OpenOptions,
  ProgramInfo,
} from '@beyla/native';
import { BeylaError } from '../errors.ts';
import type { Native } from './binding.ts';
import { type BpfMapFill, mapFillOf } from './map-fill.ts';

const DIRECTORY = new URL('../../bpf/', import.meta.url);
const EPERM = 1;
const EACCES = 13;

/** A BPF object with its links; closing it detaches and frees everything. */
export class BpfObject {
  readonly name: string;
  readonly #native: Native;
  readonly #handle: ObjectHandle;
  #maps: readonly MapInfo[] = [];
  readonly #links: LinkHandle[] = [];

  constructor(native: Native, name: string, options: Omit<OpenOptions, 'name'>) {
    this.name = name;
    this.#native = native;
    this.#handle = this.#loading(() => native.openObject(readObject(name), { name, ...options }));
  }

  /** Opens and loads one; what fails is closed. */
  static load(native: Native, name: string, options: Omit<OpenOptions, 'name'>): BpfObject {
    const object = new BpfObject(native, name, options);
    object.loadNow();
    return object;
  }

  /** Loads it while the caller waits; once, also when `loadAhead()` has begun it. What fails is closed. */
  loadNow(): void {
    try {
      this.#loading(() => this.#native.loadObject(this.#handle));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Loads it on another thread: the verifier can take a second. What fails is closed. */
  async loadAhead(): Promise<void> {
    const outcome = await this.#native.loadObjectAhead(this.#handle).then(
      () => undefined,
      (cause: unknown) => ({ cause }),
    );
    if (outcome === undefined) return;
    this.close();
    this.#loading(() => {
      throw outcome.cause;
    });
  }

  map(name: string): MapHandle {
    return this.#native.map(this.#handle, name);
  }

  /** Attaches every program that was loaded. */
  attach(): void {
    for (const { name, fd } of this.#native.programs(this.#handle)) {
      if (fd < 0) continue;
      this.#links.push(
        failingAs('BPF_ATTACH_FAILED', `the BPF program ${name} could not be attached`, () =>
          this.#native.attach(this.#handle, name),
        ),
      );
    }
  }

  /** Attaches one program to places in a file; the caller closes the link. Throws what the addon throws. */
  attachUprobe(program: string, target: Parameters<Native['attachUprobe']>[2]): LinkHandle {
    return this.#native.attachUprobe(this.#handle, program, target);
  }

  programs(): ProgramInfo[] {
    return this.#native.programs(this.#handle).filter((program) => program.fd >= 0);
  }

  /** As they were when they could be looked at last: that takes a file descriptor, of which the host may have none left. */
  maps(): readonly MapInfo[] {
    this.#maps = this.#ofMaps((map) => this.#native.mapInfo(map)) ?? this.#maps;
    return this.#maps;
  }

  /** How full its maps are; nothing where no file descriptor is left. */
  fill(): readonly BpfMapFill[] {
    return this.#ofMaps((map) => mapFillOf(this.#native, map, this.#native.mapInfo(map))) ?? [];
  }

  #ofMaps<T>(read: (map: MapHandle) => T): readonly T[] | undefined {
    try {
      return this.#native.mapNames(this.#handle).map((name) => {
        const map = this.#native.map(this.#handle, name);
        try {
          return read(map);
        } finally {
          this.#native.closeMap(map);
        }
      });
    } catch {
      return undefined;
    }
  }

  #loading<T>(action: () => T): T {
    return failingAs('BPF_LOAD_FAILED', `the BPF object ${this.name} was refused by the kernel`, action);
  }

  close(): void {
    for (const link of this.#links.splice(0)) this.#native.closeLink(link);
    this.#native.closeObject(this.#handle);
  }
}

function readObject(name: string): Uint8Array {
  const path = new URL(`${name}.bpf.o`, DIRECTORY);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new BeylaError('BPF_OBJECT_MISSING', `${path.pathname} could not be read`, { cause });
  }
}

function failingAs<T>(code: 'BPF_LOAD_FAILED' | 'BPF_ATTACH_FAILED', message: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof BeylaError) throw cause;
    const { errno } = cause as NativeError;
    if (errno === EPERM || errno === EACCES) {
      const denied = `${message}: permission denied (CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, are needed)`;
      if (code === 'BPF_LOAD_FAILED' && errno === EPERM) throw new BeylaError('MISSING_CAPABILITY', denied, { cause });
    }
    throw new BeylaError(code, `${message}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
