import { boolean, bounds, duration, endpoint, headers, integer, listOf, number, oneOf, share, text } from '../kinds.ts';
import { FEATURE_LIMITS, missingFeatures } from './features.ts';
import { alwaysFlag, inert, inertCount, inertText } from './inert.ts';
import { leaf, type Node, type Section, section } from './node.ts';
import { SAMPLERS } from './samplers.ts';

const SHARED_ENV = 'OTEL_EXPORTER_OTLP';
const INSTRUMENTATIONS = 'Protocols that are exported: `http`, `grpc`, `*`; others of Beyla select nothing.';
const CACHE = 'exporters forget services by age (`ttl`) and have a cap of their own (`maxProcesses`, 1000)';

const NO_SUCH_METRIC = 'this version has no such metric';

const buckets: Section = section(
  'Upper bounds of histograms.',
  {
    duration_histogram: leaf(bounds, 'Seconds of durations.'),
    request_size_histogram: leaf(bounds, 'Bytes of requests.'),
    response_size_histogram: leaf(bounds, 'Bytes of responses.'),
    gen_ai_client_token_usage_histogram: inert(listOf(number), 'Tokens.', NO_SUCH_METRIC),
    gen_ai_client_operation_duration_histogram: inert(listOf(number), 'Seconds of operations.', NO_SUCH_METRIC),
    stat_tcp_rtt_histogram: inert(listOf(number), 'Seconds of round trips.', NO_SUCH_METRIC),
  },
  'BucketsConfig',
);

function otlp(signal: 'TRACES' | 'METRICS'): Record<string, Node> {
  const env = (name: string): readonly string[] => [`${SHARED_ENV}_${signal}_${name}`, `${SHARED_ENV}_${name}`];
  const path = `/v1/${signal.toLowerCase()}`;
  return {
    endpoint: leaf(endpoint, `URL of the receiver, used as it is; \`${path}\` is added only where it has no path.`, {
      env: `${SHARED_ENV}_${signal}_ENDPOINT`,
    }),
    common_endpoint: leaf(endpoint, `URL to which \`${path}\` is added; used where \`endpoint\` is not set.`, {
      env: `${SHARED_ENV}_ENDPOINT`,
      envOnly: true,
    }),
    protocol: leaf(
      oneOf('grpc', 'http/protobuf', 'http/json', 'debug'),
      'Default: by the port, 4317 is grpc. `debug` prints instead of sending, and needs no endpoint.',
      { env: env('PROTOCOL') },
    ),
    insecure_skip_verify: leaf(boolean, 'Certificates of the receiver are not checked.', {
      env: 'BEYLA_OTEL_INSECURE_SKIP_VERIFY',
      default: false,
    }),
    headers: leaf(headers, 'Sent with each export.', { env: env('HEADERS'), envOnly: true, secret: true }),
    timeout: leaf(duration(1), 'Longest wait for one request.', { env: env('TIMEOUT'), envOnly: true }),
    compression: leaf(oneOf('none', 'gzip'), 'Of what is sent.', { env: env('COMPRESSION'), envOnly: true }),
    otel_sdk_log_level: inertText(
      'Log level of the SDK.',
      'there is one level for all, `log_level`, which the logger of `diag` (@opentelemetry/api) applies',
      'BEYLA_OTEL_SDK_LOG_LEVEL',
    ),
    instrumentations: leaf(listOf(text), INSTRUMENTATIONS, { env: `BEYLA_OTEL_${signal}_INSTRUMENTATIONS` }),
  };
}

function metricParts(prefix: string): Record<string, Node> {
  return {
    report_target: leaf(boolean, 'Adds `url.path` to metrics.', { env: 'BEYLA_METRICS_REPORT_TARGET', default: false }),
    report_peer: leaf(
      boolean,
      'Adds `client.address` to metrics; `server.address` and `server.port` are always there.',
      {
        env: 'BEYLA_METRICS_REPORT_PEER',
        default: false,
      },
    ),
    buckets,
    ttl: leaf(duration(1), 'A series not updated for so long disappears.', {
      env: `BEYLA_${prefix}_TTL`,
      default: 300_000,
    }),
    features: leaf(listOf(text), 'Groups of metrics of this exporter, instead of `metrics.features`.', {
      env: `BEYLA_${prefix}_FEATURES`,
      caveat: missingFeatures,
      limits: FEATURE_LIMITS,
    }),
    extra_span_resource_attributes: leaf(listOf(text), 'Resource attributes that span metrics get.'),
    allow_service_graph_self_references: leaf(boolean, 'Edges from a service to itself.', { default: false }),
  };
}

export const otelMetrics: Section = section('Metrics by OTLP.', {
  ...otlp('METRICS'),
  ...metricParts('OTEL_METRICS'),
  interval: leaf(duration(1), 'Time between exports.', {
    env: ['BEYLA_METRICS_INTERVAL', 'OTEL_METRIC_EXPORT_INTERVAL'],
    default: 5000,
  }),
  histogram_aggregation: leaf(
    oneOf('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
    'Form of histograms.',
    {
      env: [`${SHARED_ENV}_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`],
      default: 'explicit_bucket_histogram',
    },
  ),
  exponential_histogram: section('Limits of exponential histograms.', {
    max_size: leaf(integer(2, 16_384), 'Buckets at most; they become coarser instead.', { default: 160 }),
    max_scale: leaf(integer(-10, 20), 'Finest scale; buckets grow by the factor 2^(2^-scale).', { default: 20 }),
  }),
  reporters_cache_len: inertCount('Services with metrics at the same time.', CACHE, 'BEYLA_METRICS_REPORT_CACHE_LEN'),
});

export const sampler: Section = section('Which traces are exported.', {
  name: leaf(oneOf(...SAMPLERS), 'The rule.', {
    env: 'OTEL_TRACES_SAMPLER',
    default: 'parentbased_always_on',
  }),
  arg: leaf(share, 'Share of traces, 0 to 1, where the rule needs one.', { env: 'OTEL_TRACES_SAMPLER_ARG' }),
});

export const otelTraces: Section = section('Traces by OTLP.', {
  ...otlp('TRACES'),
  sampler,
  max_queue_size: leaf(integer(1), 'Requests held at most (1.0).', { env: 'BEYLA_OTLP_TRACES_MAX_QUEUE_SIZE' }),
  max_export_batch_size: leaf(integer(1), 'Requests for each export (1.0).', {
    env: 'BEYLA_OTLP_TRACES_MAX_EXPORT_BATCH_SIZE',
  }),
  queue_size: leaf(integer(0), 'Requests held at most; 0: four batches.', { env: 'BEYLA_OTLP_TRACES_QUEUE_SIZE' }),
  batch_max_size: leaf(integer(1), 'Requests for each export.', { env: 'BEYLA_OTLP_TRACES_BATCH_MAX_SIZE' }),
  batch_timeout: leaf(duration(1), 'Longest wait for a batch to fill.', { env: 'BEYLA_OTLP_TRACES_BATCH_TIMEOUT' }),
  export_timeout: leaf(duration(1), 'Longest wait for one export, retries included.', {
    env: 'BEYLA_OTLP_TRACES_EXPORT_TIMEOUT',
  }),
  backoff_initial_interval: leaf(duration(1), 'First wait before a retry.', { env: 'BEYLA_BACKOFF_INITIAL_INTERVAL' }),
  backoff_max_interval: leaf(duration(1), 'Longest wait before a retry.', { env: 'BEYLA_BACKOFF_MAX_INTERVAL' }),
  backoff_max_elapsed_time: leaf(duration(1), 'When retries of a batch end, as `export_timeout`.', {
    env: 'BEYLA_BACKOFF_MAX_ELAPSED_TIME',
  }),
  reporters_cache_len: inertCount('Services with traces at the same time.', CACHE, 'BEYLA_TRACES_REPORT_CACHE_LEN'),
});

export const prometheus: Section = section('Metrics for Prometheus to scrape.', {
  port: leaf(integer(0, 65_535), 'TCP port; 0: none.', { env: 'BEYLA_PROMETHEUS_PORT', default: 0 }),
  path: leaf(text, 'Path of the page.', { env: 'BEYLA_PROMETHEUS_PATH', default: '/metrics' }),
  ...metricParts('PROMETHEUS'),
  service_cache_size: inertCount('Services at the same time.', CACHE, 'BEYLA_PROMETHEUS_SERVICE_CACHE_SIZE'),
  native_histogram: section('Native histograms, for scrapers that take protobuf.', {
    bucket_factor: leaf(number, 'Growth from bucket to bucket; at most 1: no native histograms.', { default: 1.1 }),
    max_bucket_number: leaf(
      integer(0),
      'Buckets at most; they become coarser instead; 0 is the default of exponential ones.',
      {
        default: 100,
      },
    ),
    min_reset_duration: inert(
      duration(),
      'Shortest time between resets.',
      'a histogram is never reset: its buckets become coarser',
    ),
  }),
  exemplar_filter: leaf(oneOf('always_off', 'trace_based', 'always_on'), 'Which requests become exemplars.', {
    default: 'trace_based',
  }),
  disable_build_info: leaf(boolean, 'Leaves out `beyla_build_info`, which has version and languages.', {
    env: 'BEYLA_PROMETHEUS_DISABLE_BUILD_INFO',
    default: false,
  }),
  extra_resource_attributes: leaf(
    listOf(text),
    'Resource attributes that `target_info` has; here it has all that there are, also those that are not named.',
  ),
  instrumentations: leaf(listOf(text), INSTRUMENTATIONS, { env: 'BEYLA_PROMETHEUS_INSTRUMENTATIONS' }),
});

export const grafana: Section = section('Short cut to Grafana Cloud.', {
  otlp: section('Its OTLP gateway; used where no endpoint is set.', {
    cloud_submit: leaf(listOf(oneOf('traces', 'metrics')), 'Signals.', {
      env: 'GRAFANA_CLOUD_SUBMIT',
      default: ['traces'],
    }),
    cloud_zone: leaf(text, 'Zone, e.g. `prod-eu-west-0`.', { env: 'GRAFANA_CLOUD_ZONE' }),
    cloud_instance_id: leaf(text, 'User of the gateway.', { env: 'GRAFANA_CLOUD_INSTANCE_ID' }),
    cloud_api_key: leaf(text, 'Password of the gateway.', { env: 'GRAFANA_CLOUD_API_KEY', secret: true }),
  }),
});

const AVOIDED = 'no service is left out for exporting telemetry itself, so there are none to count';

export const internalMetrics: Section = section('Metrics about this library itself.', {
  exporter: leaf(
    oneOf('disabled', 'prometheus', 'otel'),
    'Who exports them; where it is not said, Prometheus if there is a port; `otel`: to where `otel_metrics_export` goes.',
    { env: 'BEYLA_INTERNAL_METRICS_EXPORTER' },
  ),
  prometheus: section('For Prometheus to scrape.', {
    port: leaf(integer(0, 65_535), 'TCP port, also that of `prometheus_export`; 0: none.', {
      env: 'BEYLA_INTERNAL_METRICS_PROMETHEUS_PORT',
      default: 0,
    }),
    path: leaf(text, 'Path of the page.', {
      env: 'BEYLA_INTERNAL_METRICS_PROMETHEUS_PATH',
      default: '/internal/metrics',
    }),
  }),
  bpf_metric_scrape_interval: inert(
    duration(),
    'How often BPF programs are asked.',
    'BPF programs are asked when the metrics are read',
    'BEYLA_BPF_METRIC_SCRAPE_INTERVAL',
  ),
  avoided_services: section('Count of services that were left out.', {
    disabled: alwaysFlag('Turns it off.', AVOIDED),
    limit: inertCount('Services that are counted.', AVOIDED),
  }),
});
