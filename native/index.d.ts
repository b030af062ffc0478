/**
 * The whole native boundary: opaque handles and thin verbs over libbpf. Policy lives in TypeScript.
 *
 * Errors: every verb throws `NativeError` (an `Error` with `operation`, `errno` (positive; 0 = not an OS error) and `log`,
 * the libbpf and verifier output of that operation). Using a closed handle, a handle of another kind, or an argument of another
 * type throws `TypeError`; a number, size or count out of range throws `RangeError`.
 * Lifetime: a handle lives until its `close*` verb, the end of its environment (worker or process), or garbage collection.
 * Closing is idempotent. Threads: handles belong to the environment (main thread or worker) that made them.
 */

declare const tag: unique symbol;
/** An opened (perhaps loaded) BPF object. */
export interface ObjectHandle {
  readonly [tag]: 'object';
}
/** An attached program. */
export interface LinkHandle {
  readonly [tag]: 'link';
}
/** A map of a loaded object; keeps its own file descriptor, so it outlives the object. */
export interface MapHandle {
  readonly [tag]: 'map';
}
/** A consumer of one BPF_MAP_TYPE_RINGBUF map. */
export interface RingHandle {
  readonly [tag]: 'ring';
}

export interface NativeError extends Error {
  readonly operation: string;
  readonly errno: number;
  readonly log: string;
}

export interface OpenOptions {
  /** Name for diagnostics. */
  name: string;
  /** Custom BTF file; default the running kernel's. */
  btfPath?: string;
  /** Map name → max_entries, for maps whose size is not known at compile time. */
  maxEntries?: Record<string, number>;
  /** Programs that must not be loaded. */
  disabledPrograms?: string[];
  /** Map name → an already loaded map to share instead of creating one. */
  sharedMaps?: Record<string, MapHandle>;
  /** Bytes that replace the initial contents of `.rodata`, by variable name; the length must match the variable's size. */
  constants?: Record<string, Uint8Array>;
  /** Have the verifier count instructions where the kernel does not keep the number (< 5.16). A refusal then comes without a verifier log. */
  verifierStatistics?: boolean;
  /** Load programs of sections `uprobe` and `uretprobe` for `attachUprobe` with `multi` (kernel ≥ 6.6): the kernel wants to know before. */
  uprobeMulti?: boolean;
}

export interface ProgramInfo {
  name: string;
  /** Section name, e.g. `tp_btf/tcp_probe`. */
  section: string;
  /** -1 before load. */
  fd: number;
  id: number;
  /** Instructions the verifier processed; 0 where the kernel does not keep the number (< 5.16) and `verifierStatistics` was not asked for. */
  verifiedInstructions: number;
  /** Runs and total nanoseconds, counted while kernel.bpf_stats_enabled is 1 or enableStats() is held. */
  runCount: number;
  runTimeNs: number;
  /** Runs missed by recursion protection (kernel ≥ 5.12). */
  recursionMisses: number;
}

export interface MapInfo {
  name: string;
  id: number;
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  /** Kernel memory charged to the map in bytes (`memlock` of fdinfo). */
  memoryBytes: number;
}

/** Parses an ELF object; nothing reaches the kernel yet. */
export function openObject(elf: Uint8Array, options: OpenOptions): ObjectHandle;
/** Creates the maps and verifies the programs, which can take a second; once: asked again, it tells the same outcome. */
export function loadObject(object: ObjectHandle): void;
/** The same on a thread of the pool. `loadObject()` meanwhile waits for it, and `closeObject()` for its end. */
export function loadObjectAhead(object: ObjectHandle): Promise<void>;
export function closeObject(object: ObjectHandle): void;
export function programs(object: ObjectHandle): ProgramInfo[];
export function map(object: ObjectHandle, name: string): MapHandle;
export function mapNames(object: ObjectHandle): string[];
export function mapInfo(map: MapHandle): MapInfo;
export function closeMap(map: MapHandle): void;

/** Attaches by the program's section (tp_btf, raw_tp, tracepoint, fentry, kprobe …). */
export function attach(object: ObjectHandle, program: string): LinkHandle;
/**
 * Attaches uprobes at file offsets: one `uprobe_multi` link (kernel ≥ 6.6) if `multi`, else a perf uprobe, for which `offsets` has one element.
 * `pid` -1 means every process that maps the file. `cookies` has one element per offset, or is absent.
 */
export function attachUprobe(
  object: ObjectHandle,
  program: string,
  target: {
    path: string;
    offsets: readonly number[];
    cookies?: readonly bigint[];
    pid: number;
    return: boolean;
    multi: boolean;
  },
): LinkHandle;
export function closeLink(link: LinkHandle): void;
/**
 * Closes links off the event loop: those of a group at the same time, group after group. They count as closed at once, the promise resolves when
 * they are. Taking a uprobe out waits for every CPU: about 40 ms for a group, or for each 16 links of it.
 */
export function closeLinks(groups: readonly (readonly LinkHandle[])[]): Promise<void>;

/** Returns false where there is no such key. Per-CPU values are read one after another, each rounded up to 8 bytes. */
export function mapLookup(map: MapHandle, key: Uint8Array, value: Uint8Array): boolean;
/** `flags`: 0 any, 1 create only, 2 existing only. */
export function mapUpdate(map: MapHandle, key: Uint8Array, value: Uint8Array, flags?: number): void;
/** Returns false where there was no such key. */
export function mapDelete(map: MapHandle, key: Uint8Array): boolean;
/** Writes the key after `key` (null: the first) to `next`; false at the end. */
export function mapNextKey(map: MapHandle, key: Uint8Array | null, next: Uint8Array): boolean;
/** Bytes a value of this map takes in `mapLookup` (all CPUs for a per-CPU map). */
export function mapValueBytes(map: MapHandle): number;

export function openRing(map: MapHandle): RingHandle;
/**
 * Copies whole records to `target` back to back, each at an offset that is a multiple of 8, and frees them on the ring.
 * Stops before a record that does not fit or that is still being written. Returns the bytes written (0: nothing there).
 * Throws `RangeError`, and loses nothing, where not even one record fits.
 */
export function drainRing(ring: RingHandle, target: Uint8Array): number;
/** Bytes waiting, and the ring's size. */
export function ringFill(ring: RingHandle): { pendingBytes: number; sizeBytes: number };
/**
 * Calls `onReadable` on the event loop when the kernel side asks for a wake-up. Unreferenced: never keeps the process alive.
 * At most one call per loop iteration. It is called again in the next one while the last `drainRing` left records for lack of
 * room, or was not called; records submitted without a wake-up cause no call, so drain on a timer as well.
 * An exception becomes `'uncaughtException'`. A ring has one watcher (a second: `errno` EBUSY), until it is closed.
 */
export function watchRing(ring: RingHandle, onReadable: () => void): void;
export function closeRing(ring: RingHandle): void;

/** Holds BPF_ENABLE_STATS until `closeLink` (kernel ≥ 5.8). */
export function enableStats(): LinkHandle;
/**
 * Tries to create a map and load a program that does nothing, of this type; returns 0 or a positive errno. Nothing is attached:
 * a kprobe program loads on kernels without kprobes too. `target` is the tracepoint of `tp_btf` or function of `fentry`.
 */
export function probeProgramType(
  type: 'tp_btf' | 'raw_tp' | 'tracepoint' | 'kprobe' | 'fentry',
  target?: string,
): number;
/**
 * Whether the running kernel's BTF has `btf_trace_<name>` (a tracepoint that tp_btf can attach to) or a function/struct of that
 * name. Reads the whole BTF: about 15 ms a call.
 */
export function kernelHas(kind: 'tracepoint' | 'function' | 'struct', name: string): boolean;
/** Current CLOCK_MONOTONIC in nanoseconds, as the kernel and its BPF programs count it: without the offset of a time namespace. */
export function monotonicNs(): bigint;
/** Pairs that and CLOCK_REALTIME, both in nanoseconds, read within the shortest of several attempts. */
export function clockAnchor(): { monotonicNs: bigint; realtimeNs: bigint; uncertaintyNs: number };
/** Effective capability bits of the process. */
export function effectiveCapabilities(): bigint;
/** Version of the libbpf that is linked in, e.g. `1.5`. */
export function libbpfVersion(): string;
