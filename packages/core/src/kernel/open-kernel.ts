import { existsSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import type { MapHandle } from '@beyla/native';
import { diag } from '@opentelemetry/api';
import { BeylaError } from '../errors.ts';
import type { SourceName, TapsOptions, TracerOptions } from '../options/options.ts';
import type { Native } from './binding.ts';
import { BpfObject } from './bpf-object.ts';
import { hostFailure } from './host-failure.ts';
import { OpenedTaps } from './open-taps.ts';
import { PID_PLACES } from './pid-table.ts';
import { refusalOf } from './refusal-of.ts';
import { type OptionalObject, SOCKET_SOURCES, type SocketSource } from './socket-sources.ts';

/** PROC_PID_INIT_INO (include/linux/proc_ns.h). */
const INITIAL_PID_NAMESPACE = 0xeffffffc;
const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;
/** Every CPU keeps up to so many entries of a map that forgets what is not used for its own next ones. */
const LRU_SPARE = 128;
/** Maps that sockets.bpf.o owns and the sources share. */
const SHARED_MAPS = [
  'connections',
  'evicted',
  'connection_template',
  'connection_ids',
  'pids',
  'pid_owners',
  'ports',
  'executables',
  'selecting_ports',
  'selection',
  'verdicts',
  'tap_sessions',
  'tap_calls',
  'tap_hellos',
  'tap_layouts',
  'tap_runtimes',
  'rustls_ciphers',
  'rustls_calls',
  'rustls_records',
  'tap_reads',
  'rustls_blank',
  'counters',
  'ring',
  'lifecycle',
] as const;

/** A handle on each map of sockets.bpf.o. */
type KernelMaps = Readonly<Record<(typeof SHARED_MAPS)[number], MapHandle>>;

/** Options with every default filled in. */
export type KernelOptions = Required<Omit<TracerOptions, 'btfPath' | 'taps'>> &
  Pick<TracerOptions, 'btfPath'> & { readonly taps: Readonly<Required<TapsOptions>> };

/** What is loaded into the kernel for one tracer. */
export interface OpenedKernel {
  readonly source: SocketSource;
  /** Those of now: the taps are loaded one after another. */
  readonly objects: readonly BpfObject[];
  readonly maps: KernelMaps;
  /** Two ids may want the same place in the table of pids. */
  readonly canPidsCollide: boolean;
  /** Why the source's companion could not be loaded. */
  readonly refusal: BeylaError | undefined;
  readonly taps: OpenedTaps;
  /** Attaches what sees reads by splice(2), once. Where the kernel cannot, such reads are only counted (`reads_unseen`). */
  attachSplice(): void;
  close(): Promise<void>;
}

/** Loads and attaches sockets.bpf.o and the chosen source; leaves nothing behind when it fails. */
export async function openKernel(native: Native, options: KernelOptions): Promise<OpenedKernel> {
  try {
    return await loadKernel(native, options);
  } catch (error) {
    throw hostFailure(error);
  }
}

async function loadKernel(native: Native, options: KernelOptions): Promise<OpenedKernel> {
  requireHost(native, options.btfPath);
  const source = chooseSource(native, options.source);
  const objects: BpfObject[] = [];
  const handles: MapHandle[] = [];
  let taps: OpenedTaps | undefined;
  const close = async (): Promise<void> => {
    await taps?.close();
    for (const object of objects.splice(0).reverse()) object.close();
    for (const map of handles) native.closeMap(map);
  };
  const canCollide = pidMax() > PID_PLACES;
  const common = {
    ...(options.btfPath === undefined ? {} : { btfPath: options.btfPath }),
    constants: {
      capture_bytes: uint32(options.captureBytes),
      head_bytes: uint32(options.headBytes),
      wakeup_bytes: uint32(Math.floor(options.ringBytes / 4)),
      pid_namespace: uint32(ownPidNamespace()),
      pids_collide: uint32(canCollide ? 1 : 0),
      started_ns: new Uint8Array(new BigUint64Array([native.monotonicNs()]).buffer),
    },
  };
  try {
    const sockets = new BpfObject(native, 'sockets', {
      ...common,
      constants: { ...common.constants, reads_io_uring: uint32(1) },
      maxEntries: {
        connections: options.maxConnections,
        evicted: options.maxConnections,
        tap_sessions: options.maxConnections,
        tap_reads: options.maxConnections + LRU_SPARE * cpus().length,
        ring: options.ringBytes,
        ...(canCollide ? {} : { pid_owners: 1 }),
        ...rustlsEntries(options),
      },
    });
    await sockets.loadAhead();
    objects.push(sockets);
    const maps = Object.fromEntries(SHARED_MAPS.map((name) => [name, sockets.map(name)])) as unknown as KernelMaps;
    handles.push(...Object.values(maps));
    const missing = Object.entries(source.optional).filter(([, needed]) => !native.kernelHas('tracepoint', needed));
    /** What the source and splice are to know of io_uring is fixed when they are loaded. */
    const sourceOptions = (seesIoUring: boolean): ConstructorParameters<typeof BpfObject>[2] => ({
      ...common,
      constants: { ...common.constants, reads_io_uring: uint32(seesIoUring ? 1 : 0) },
      sharedMaps: maps,
    });
    const loadSource = async (seesIoUring: boolean): Promise<BpfObject> => {
      const disabledPrograms = missing.map(([program]) => program);
      const object = new BpfObject(native, source.object, { ...sourceOptions(seesIoUring), disabledPrograms });
      await object.loadAhead();
      return object;
    };
    // Verified side by side: only a kernel that refuses the companion needs the source a second time.
    const opened = new OpenedTaps(native, options.taps, { ...common, sharedMaps: maps });
    taps = opened;
    const [companionOutcome, sourceOutcome] = await Promise.allSettled([
      loadOptional(native, source.companion, { ...common, sharedMaps: maps }),
      loadSource(source.companion !== undefined),
      opened.loadAhead(),
    ]);
    const companion = fulfilled(companionOutcome);
    const seesIoUring = companion instanceof BpfObject;
    if (seesIoUring) objects.push(companion);
    const hopeful = fulfilled(sourceOutcome);
    if (seesIoUring || source.companion === undefined) {
      objects.push(hopeful);
    } else {
      hopeful.close();
      objects.push(await loadSource(false));
    }
    for (const object of objects) object.attach();
    let isSpliceTried = false;
    const attached = (object: BpfObject): BeylaError | undefined => {
      try {
        object.loadNow();
        objects.push(object);
        object.attach();
        return undefined;
      } catch (error) {
        return refusalOf(error);
      }
    };
    const attachSplice = (): void => {
      if (isSpliceTried) return;
      isSpliceTried = true;
      const splice = openOptional(native, source.splice, sourceOptions(seesIoUring));
      // Until it is there such reads are lost, so nothing else is done meanwhile.
      const refused = splice instanceof BpfObject ? attached(splice) : splice;
      if (refused !== undefined) diag.warn('tracer: reads by splice(2) are only counted', refused);
    };
    const refusal = companion instanceof BeylaError ? companion : undefined;
    return {
      source,
      get objects() {
        return [...objects, ...opened.loaded];
      },
      maps,
      canPidsCollide: canCollide,
      refusal,
      taps: opened,
      attachSplice,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function fulfilled<T>(outcome: PromiseSettledResult<T>): T {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** The kernel side of the sockets has the maps of the tap in rustls, wanted or not. */
function rustlsEntries({ taps, maxConnections }: KernelOptions): Record<string, number> {
  const size = (entries: number): number => (taps.rustls ? entries + LRU_SPARE * cpus().length : 1);
  return {
    rustls_ciphers: size(2 * maxConnections),
    rustls_calls: size(512),
    rustls_records: size(512),
  };
}

/** The sources this kernel has, best first. */
function availableSources(native: Native): SourceName[] {
  return SOCKET_SOURCES.filter(({ needs }) => needs.every((name) => native.kernelHas('tracepoint', name))).map(
    ({ name }) => name,
  );
}

/** What is optional does not stop the rest: the error is returned. */
function openOptional(
  native: Native,
  wanted: OptionalObject | undefined,
  options: ConstructorParameters<typeof BpfObject>[2],
): BpfObject | BeylaError | undefined {
  if (wanted === undefined) return undefined;
  if (!native.kernelHas('tracepoint', wanted.needs)) {
    return new BeylaError('SOURCE_UNAVAILABLE', `the kernel has no tracepoint ${wanted.needs}`);
  }
  try {
    return new BpfObject(native, wanted.object, options);
  } catch (error) {
    return refusalOf(error);
  }
}

async function loadOptional(
  native: Native,
  wanted: OptionalObject | undefined,
  options: ConstructorParameters<typeof BpfObject>[2],
): Promise<BpfObject | BeylaError | undefined> {
  const object = openOptional(native, wanted, options);
  if (!(object instanceof BpfObject)) return object;
  return object.loadAhead().then(() => object, refusalOf);
}

function chooseSource(native: Native, wanted: 'auto' | SourceName): SocketSource {
  const available = availableSources(native);
  const name = wanted === 'auto' ? available[0] : wanted;
  const source = SOCKET_SOURCES.find((candidate) => candidate.name === name);
  if (source === undefined || !available.includes(source.name)) {
    throw new BeylaError(
      'SOURCE_UNAVAILABLE',
      `this kernel has no source ${wanted === 'auto' ? 'of socket I/O' : wanted}; available: ${available.join(', ') || 'none'}`,
    );
  }
  return source;
}

function requireHost(native: Native, btfPath: string | undefined): void {
  const btf = btfPath ?? KERNEL_BTF;
  if (!existsSync(btf)) throw new BeylaError('NO_BTF', `there is no type information of the kernel at ${btf}`);
  const held = native.effectiveCapabilities();
  const has = (capability: bigint): boolean => ((held >> capability) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return;
  const missing = [has(CAP_BPF) ? '' : 'CAP_BPF', has(CAP_PERFMON) ? '' : 'CAP_PERFMON'].filter((name) => name !== '');
  throw new BeylaError('MISSING_CAPABILITY', `the process has not got ${missing.join(' and ')} (nor CAP_SYS_ADMIN)`);
}

/** Inode number of this process's PID namespace; 0 for the initial one, whose ids the kernel side need not translate. */
function ownPidNamespace(): number {
  const { ino } = statSync('/proc/self/ns/pid');
  return ino === INITIAL_PID_NAMESPACE ? 0 : ino;
}

/** Ids are smaller than that; it may be raised, so it counts as large where it cannot be read. */
function pidMax(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
