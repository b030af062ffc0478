import { boolean, duration, integer, listOf, oneOf, ports, regexp, text } from '../kinds.ts';
import { attributes, filter, routes } from './decoration.ts';
import { autoTarget, discovery, systemWide } from './discovery.ts';
import { ebpf } from './ebpf.ts';
import { grafana, internalMetrics, otelMetrics, otelTraces, prometheus } from './exporters.ts';
import { missingFeatures } from './features.ts';
import { inert, inertCount, inertDuration, inertFlag, inertPart, inertText, NOT_YET } from './inert.ts';
import { leaf, type Section, section } from './node.ts';

const OTHER_LIMITS = 'queues bound themselves here';

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
  log_format: inert(
    oneOf('text', 'json'),
    'Form of messages.',
    '`diag` of @opentelemetry/api decides',
    'BEYLA_LOG_FORMAT',
  ),
  log_config: inert(
    oneOf('yaml', 'json'),
    'Prints the configuration.',
    'use `showEffectiveConfig`',
    'BEYLA_LOG_CONFIG',
  ),
  noop: leaf(boolean, 'Exports nothing.', { env: 'BEYLA_NOOP_TRACES', default: false }),
  skip_go_specific_tracers: inertFlag(
    'Treats Go programs as all others.',
    'Go programs have no tracers of their own',
    'BEYLA_SKIP_GO_SPECIFIC_TRACERS',
  ),
  channel_buffer_len: inertCount('Batches between stages.', OTHER_LIMITS, 'BEYLA_CHANNEL_BUFFER_LEN'),
  channel_send_timeout: inert(duration(), 'Longest wait for a stage.', OTHER_LIMITS, 'BEYLA_CHANNEL_SEND_TIMEOUT'),
  channel_send_timeout_panic: inertFlag('Ends the program after it.', OTHER_LIMITS, 'BEYLA_CHANNEL_SEND_TIMEOUT_PANIC'),
  profile_port: inert(
    integer(0, 65_535),
    'Port of the profiler.',
    'Node.js has an inspector of its own',
    'BEYLA_PROFILE_PORT',
  ),
  shutdown_timeout: inertDuration(
    'Longest wait at the end.',
    'each exporter bounds its own end',
    'BEYLA_SHUTDOWN_TIMEOUT',
  ),
  enforce_sys_caps: inertFlag(
    'Ends where a capability is missing.',
    'starting fails in any case',
    'BEYLA_ENFORCE_SYS_CAPS',
  ),
  health_check: section('A page that says whether it works.', {
    port: inert(integer(0, 65_535), 'TCP port; 0: none.', NOT_YET, 'BEYLA_HEALTH_CHECK_PORT'),
    listen_address: inertText('Address to listen on.', NOT_YET, 'BEYLA_HEALTH_CHECK_LISTEN_ADDRESS'),
    unix_socket_path: inertText('Socket to listen on.', NOT_YET, 'BEYLA_HEALTH_CHECK_UNIX_SOCKET_PATH'),
  }),
  name_resolver: inertPart('Names of addresses.'),
  network: inertPart('Metrics of network flows.'),
  stats: inertPart('Metrics of TCP.'),
  processes: inertPart('Metrics of processes.'),
  nodejs: inertPart('Help inside of Node.js programs.'),
  javaagent: inertPart('Help inside of Java programs.'),
  jvm_runtime_metrics: inertPart('Metrics of Java runtimes.'),
  topology: inertPart('Spans of connections between clusters.'),
  injector: inertPart('SDKs put into programs.'),
  sigil_export: inertPart('Export of requests to language models.'),
});
