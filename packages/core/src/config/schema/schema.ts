import { boolean, duration, integer, listOf, network, oneOf, ports, regexp, text } from '../kinds.ts';
import { attributes, filter, routes } from './decoration.ts';
import { autoTarget, discovery, skipGo, systemWide } from './discovery.ts';
import { ebpf } from './ebpf.ts';
import { grafana, internalMetrics, otelMetrics, otelTraces, prometheus } from './exporters.ts';
import { FEATURE_LIMITS, missingFeatures } from './features.ts';
import { alwaysFlag, inert, inertCount, inertPart, NO_KUBERNETES, neverFlag } from './inert.ts';
import { leaf, type Section, section } from './node.ts';

const NO_CHANNELS =
  'there are no channels: a batch goes through all stages at once, and the queue of an exporter has keys of its own (`otel_traces_export.queue_size`)';
const TO_DIAG =
  'the library prints nothing itself: the logger that the program gives to `diag` (@opentelemetry/api) decides';

const NOT_MEASURED = 'this version measures requests only';
const NOT_INSIDE = 'nothing is put into programs: they are watched from outside, unchanged';

/**
 * Beyla's configuration: the keys of 1.0 and of today. Reading, validation, variables, types, the JSON Schema and the documentation come from
 * this object and from nothing else.
 */
export const SCHEMA: Section = section('Configuration of Beyla.', {
  executable_name: leaf(regexp, 'Regular expression on the path of the executable; ANDed with `open_port`.', {
    env: 'BEYLA_EXECUTABLE_NAME',
  }),
  open_port: leaf(ports, 'Ports the process listens on; any one is enough.', { env: 'BEYLA_OPEN_PORT' }),
  target_pids: leaf(listOf(integer(1)), 'Process ids; every other selection is left aside.', {
    env: 'BEYLA_TARGET_PID',
  }),
  system_wide: leaf(...systemWide('BEYLA_SYSTEM_WIDE')),
  auto_target: autoTarget,
  service_name: leaf(text, '`service.name` of what `executable_name` and `open_port` select.', {
    env: ['BEYLA_SERVICE_NAME', 'OTEL_SERVICE_NAME'],
  }),
  service_namespace: leaf(text, '`service.namespace` of what they select.', { env: 'BEYLA_SERVICE_NAMESPACE' }),
  discovery,
  routes,
  attributes,
  filter,
  trusted_proxies: leaf(
    listOf(network),
    'Load balancers whose header of the PROXY protocol is believed: the source that it names becomes `client.address` and `client.port`.',
    { env: 'BEYLA_TRUSTED_PROXIES', default: [] },
  ),
  otel_traces_export: otelTraces,
  otel_metrics_export: otelMetrics,
  prometheus_export: prometheus,
  grafana,
  print_traces: leaf(boolean, 'Prints a line for each request (1.0).', { env: 'BEYLA_PRINT_TRACES', default: false }),
  trace_printer: leaf(oneOf('disabled', 'text', 'json', 'json_indent', 'counter'), 'Prints each request.', {
    env: 'BEYLA_TRACE_PRINTER',
    default: 'disabled',
  }),
  metrics: section('Which metrics are made.', {
    features: leaf(listOf(text), 'Groups of metrics.', {
      env: 'BEYLA_METRICS_FEATURES',
      default: ['application'],
      caveat: missingFeatures,
      limits: FEATURE_LIMITS,
    }),
  }),
  internal_metrics: internalMetrics,
  ebpf,
  log_level: leaf(
    oneOf('DEBUG', 'INFO', 'WARN', 'ERROR'),
    'Lowest level of messages that are shown. The library prints nothing: give `diagLogLevel(config)` to `diag.setLogger`.',
    {
      env: 'BEYLA_LOG_LEVEL',
      default: 'INFO',
    },
  ),
  log_format: inert(oneOf('text', 'json'), 'Form of messages.', TO_DIAG, 'BEYLA_LOG_FORMAT'),
  log_config: inert(
    oneOf('yaml', 'json'),
    'Prints the configuration.',
    'the library prints nothing itself: `showEffectiveConfig(config)` returns it as YAML',
    'BEYLA_LOG_CONFIG',
  ),
  noop: leaf(boolean, 'Exports nothing; `beyla.stats()` has the number of requests.', {
    env: 'BEYLA_NOOP_TRACES',
    default: false,
  }),
  skip_go_specific_tracers: leaf(...skipGo()),
  channel_buffer_len: inertCount('Batches between stages.', NO_CHANNELS, 'BEYLA_CHANNEL_BUFFER_LEN'),
  channel_send_timeout: inert(duration(), 'Longest wait for a stage.', NO_CHANNELS, 'BEYLA_CHANNEL_SEND_TIMEOUT'),
  channel_send_timeout_panic: neverFlag('Ends the program after it.', NO_CHANNELS, 'BEYLA_CHANNEL_SEND_TIMEOUT_PANIC'),
  profile_port: inert(
    integer(0, 65_535),
    'Port of the profiler.',
    'a profiler sees the whole program: start it with `node --inspect=127.0.0.1:9229`',
    'BEYLA_PROFILE_PORT',
  ),
  shutdown_timeout: leaf(duration(1), 'Longest wait for the exporters at the end.', {
    env: 'BEYLA_SHUTDOWN_TIMEOUT',
    default: 10_000,
  }),
  enforce_sys_caps: alwaysFlag(
    'Ends where a capability is missing.',
    'starting fails with `MISSING_CAPABILITY` in any case: without capabilities nothing would be seen',
    'BEYLA_ENFORCE_SYS_CAPS',
  ),
  health_check: section('A page, `/healthz`, that says whether it works: 200, or 503 where it does not do its job.', {
    port: leaf(integer(0, 65_535), 'TCP port; 0: none.', { env: 'BEYLA_HEALTH_CHECK_PORT', default: 0 }),
    listen_address: leaf(text, 'Address to listen on.', {
      env: 'BEYLA_HEALTH_CHECK_LISTEN_ADDRESS',
      default: '127.0.0.1',
    }),
    unix_socket_path: leaf(text, 'Socket to listen on instead; with `@` at its beginning an abstract one.', {
      env: 'BEYLA_HEALTH_CHECK_UNIX_SOCKET_PATH',
    }),
  }),
  name_resolver: inertPart(
    'Names of addresses.',
    'addresses are not resolved; a client names the server that it asks for, and a server its own host',
  ),
  network: inertPart('Metrics of network flows.', NOT_MEASURED),
  stats: inertPart('Metrics of TCP.', NOT_MEASURED),
  processes: inertPart('Metrics of processes.', NOT_MEASURED),
  nodejs: inertPart('Help inside of Node.js programs.', NOT_INSIDE),
  javaagent: inertPart('Help inside of Java programs.', NOT_INSIDE),
  jvm_runtime_metrics: inertPart('Metrics of Java runtimes.', NOT_MEASURED),
  topology: inertPart('Spans of connections between clusters.', NO_KUBERNETES),
  injector: inertPart('SDKs put into programs.', NOT_INSIDE),
  sigil_export: inertPart('Export of requests to language models.', 'such requests are reported as HTTP requests'),
});
