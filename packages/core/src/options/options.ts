import type { Processor } from '../decorators/decorator.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import type { SamplerOptions } from '../sampling/sampler.ts';
import type { SamplerDecoratorOptions } from '../sampling/sampler-decorator.ts';

export type { SamplerOptions };

/**
 * One entry of `discovery.instrument` or `discovery.exclude`: criteria inside an entry are ANDed, entries are ORed. At least one
 * criterion is needed. Beyla's YAML keys are the same words in snake case.
 *
 * @public
 */
export interface ProcessSelector {
  /** `service.name` of what matches; default: the executable's name, or the script's for interpreters. */
  name?: string;
  /** `service.namespace`; default none. */
  namespace?: string;
  /** Ports the process listens on: `80,443,8000-8999`, a number, or a list of both; any one is enough. */
  openPorts?: string | number | readonly (string | number)[];
  /** Glob on the executable's path (`*` crosses `/`). */
  exePath?: string;
  /** Regular expression (RE2) found anywhere in the executable's path. */
  exePathRegexp?: string;
  /** Glob on the command line, arguments joined by one space, at most its first 32 KiB. */
  cmdArgs?: string;
  /** Regular expression (RE2) found anywhere in the first 32 KiB of the command line. */
  cmdArgsRegexp?: string;
  /** Process ids in the PID namespace the library runs in. */
  targetPids?: readonly number[];
  /** Languages, e.g. `['python', 'nodejs']`. */
  languages?: readonly string[];
  /** Only processes in another network namespace than this program's, as containers usually are. */
  containersOnly?: true;
  /** Route patterns of what matches, beside those of `routes.patterns`; not a criterion. */
  routes?: ServiceRoutes;
  /** Which of its traces are kept; wins over `BeylaOptions.sampler`; not a criterion. */
  sampler?: SamplerOptions;
  /** Signals that are exported of it, e.g. only `['metrics']`; an empty list: none; default all; not a criterion. */
  exports?: readonly ExportedSignal[];
  /** Its metrics; not a criterion. */
  metrics?: ServiceMetricsOptions;
}

/**
 * What is exported of a service.
 *
 * @public
 */
export type ExportedSignal = 'metrics' | 'traces';

/**
 * A group of metrics, by Beyla's name.
 *
 * @public
 */
export type WantedFeature =
  | 'application'
  | 'application_span'
  | 'application_span_otel'
  | 'application_span_sizes'
  | 'application_service_graph';

/**
 * The metrics of one service.
 *
 * @public
 */
export interface ServiceMetricsOptions {
  /** Groups of metrics, instead of those that the exporter makes of all services. */
  readonly features?: readonly WantedFeature[];
}

/**
 * Route patterns of one service, written like those of `RoutesOptions`, which are tried first.
 *
 * @public
 */
export interface ServiceRoutes {
  /** For the requests it answers. */
  readonly incoming?: readonly string[];
  /** For the requests it makes. */
  readonly outgoing?: readonly string[];
}

/**
 * Which processes are watched. Criteria of `instrument` select, those of `exclude` take away.
 *
 * @public
 */
export interface DiscoveryOptions {
  /** At least one entry, unless a recording is replayed. */
  instrument: readonly ProcessSelector[];
  /** Evaluated last; a match here always wins. */
  exclude?: readonly ProcessSelector[];
  /** How often /proc is compared in milliseconds, beside events; default 5000, at least 100. */
  pollIntervalMs?: number;
  /** Whether the process that runs this library may be selected; default false. */
  includeSelf?: boolean;
  /** Who the services are, where the host does not know it itself. */
  identity?: HostIdentity;
}

/**
 * Names of the machine in telemetry.
 *
 * @public
 */
export interface HostIdentity {
  /** `host.name`, and the first part of `service.instance.id`; default the kernel's. */
  readonly hostName?: string;
  /**
   * Asks DNS (and `/etc/hosts`) for the full name of the host at the start, for 500 ms at most; default false. Without an answer, and where the
   * kernel's name has a dot already, it is the kernel's.
   */
  readonly hostNameFromDns?: boolean;
  /** `host.id`; default none. */
  readonly hostId?: string;
  /** The whole `service.instance.id`, of all processes: only where one is watched, else they become one; default `host:pid`. */
  readonly instanceId?: string;
}

/**
 * How BPF sees socket I/O. `sock_length`: the tracepoints sock_send_length and sock_recv_length (kernel ≥ 6.3), which cost nothing on
 * other system calls. `syscall`: sys_exit (kernel ≥ 5.10), which taxes every system call of the machine by about 0.1 µs.
 *
 * @public
 */
export type SourceName = 'sock_length' | 'syscall';

/**
 * In which TLS libraries plaintext is seen. A library is tapped by probes (uprobes) in the file that holds it, which cost each call of
 * every program that uses the file about 0.7 µs; what they see of programs that are not selected is never read.
 *
 * @public
 */
export interface TapsOptions {
  /** OpenSSL and its descendants, as a library or linked into the program; default true. */
  openssl?: boolean;
  /** crypto/tls of Go programs, stripped ones too; default true. */
  goTls?: boolean;
  /** rustls 0.23 in programs that were not stripped of their symbols; default true. */
  rustls?: boolean;
}

/**
 * What the kernel side takes: its source, its capture limits, its memory.
 *
 * @public
 */
export interface TracerOptions {
  /** Default `auto`: the first one the kernel has. */
  source?: 'auto' | SourceName;
  /**
   * Connections followed at the same time; about 1.9 kB of kernel memory each; default 4096, 64 to 1,000,000. Of more, those that are idle make room for
   * those that are not.
   */
  maxConnections?: number;
  /** Ring between kernel and user space in bytes, a power of two and a multiple of the page size; default 4 MiB. */
  ringBytes?: number;
  /** Bytes of each turn that are captured; default and limit 512, at least 128. */
  captureBytes?: number;
  /**
   * Bytes of a head of HTTP/1 that are brought at most, where it is longer than `captureBytes`; default and limit 16384, 0 for none. Of a
   * head that is cut by it the span has what was seen whole.
   */
  headBytes?: number;
  /** How often the ring is drained in milliseconds, beside wake-ups when it fills; default 10, 1 to 1000. */
  drainIntervalMs?: number;
  /** Longest pause between drains while nothing is said on any connection, in milliseconds; default 200, 1 to 1000. */
  idleIntervalMs?: number;
  /** Most bytes taken from the ring in one turn of the event loop; default 1 MiB. */
  batchBytes?: number;
  /** How TLS is seen into; default all ways. */
  taps?: TapsOptions;
  /**
   * Has the kernel count runs and time of BPF programs, for `cost()`: of all programs of the machine, and some 20 ns for each run. Needs
   * CAP_SYS_ADMIN; without it nothing is counted. Default false: it counts where `kernel.bpf_stats_enabled` is 1.
   */
  statistics?: boolean;
  /** BTF of the kernel, where /sys/kernel/btf/vmlinux is missing. */
  btfPath?: string;
}

/**
 * How paths become routes of low cardinality, and which paths are left out.
 *
 * @public
 */
export interface RoutesOptions {
  /** `/users/:id`, `/users/{id}`, `/files/*`; the first match by Beyla's rules is the route, as written. */
  patterns?: readonly string[];
  /** Requests whose path matches are not reported. */
  ignoredPatterns?: readonly string[];
  /** What ignored means; default `all`. */
  ignoreMode?: 'all' | 'traces' | 'metrics';
  /**
   * Route of a path that no pattern matches; default `wildcard`, which gives `/**`. `unset`: none. `path`: the path, as many routes as there
   * are paths. `heuristic`: the path with the wildcard for what looks like an identifier. `low-cardinality`: the same, and a place in the
   * paths of a service that sees too many words becomes the wildcard.
   */
  unmatched?: 'unset' | 'path' | 'wildcard' | 'heuristic' | 'low-cardinality';
  /** The wildcard of `heuristic` and `low-cardinality`: one printable ASCII character, but not `/`, `?` or `#`; default `*`. */
  wildcardChar?: string;
  /** Words that a place in the paths of a service may have with `low-cardinality`; default 10, 0 to 1000; 0 means any number. */
  maxPathSegmentCardinality?: number;
}

/**
 * Everything `createBeyla` takes.
 *
 * @public
 */
export interface BeylaOptions {
  discovery: DiscoveryOptions;
  tracer?: TracerOptions;
  routes?: RoutesOptions;
  /** Which traces are kept; default OTEL_TRACES_SAMPLER, else `parentbased_always_on`. Metrics are of all requests. */
  sampler?: SamplerDecoratorOptions;
  /** Your functions, run on each batch in this order after the built-in decorators. */
  processors?: readonly Processor[];
  exporters?: readonly Exporter[];
  /** Longest wait for the exporters at the end in milliseconds, half of it to deliver what is queued; default 10,000. */
  shutdownTimeoutMs?: number;
  /**
   * Addresses and networks (`10.0.0.0/8`) of load balancers whose header of the PROXY protocol is believed: the source that it names becomes
   * `client.address` and `client.port`. Default none: anybody who can connect could name any source.
   */
  trustedProxies?: readonly string[];
  /** Aborting it closes everything. */
  signal?: AbortSignal;
  /** File that gets what the ring delivers (redacted), for replay. */
  recordTo?: string;
  /** Request paths stay readable in the file of `recordTo`, but for the values of queries; default false: they are masked. */
  recordPaths?: boolean;
  /** Recording to replay instead of watching the kernel; needs no privilege and no Linux. */
  replayFrom?: string;
}
