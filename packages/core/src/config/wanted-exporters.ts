import type { WantedFeature } from '../options/options.ts';
import type { BucketsConfig, ConfigValues } from './config-values.gen.ts';
import { knownFeatures } from './known-features.ts';

/**
 * Where and how OTLP goes, by a configuration.
 *
 * @public
 */
export interface WantedOtlp {
  /** URL of the receiver (`http:`, `https:`, `unix:`); the path of the signal is still to be added. None with the protocol `debug`. */
  readonly endpoint?: string;
  /** Whole URL; there is at most one of this and `endpoint`. */
  readonly url?: string;
  readonly protocol: 'grpc' | 'http/protobuf' | 'http/json' | 'debug';
  readonly headers: Readonly<Record<string, string>>;
  readonly insecureSkipVerify: boolean;
  readonly timeoutMs?: number;
  readonly compression?: 'none' | 'gzip';
}

/**
 * A protocol whose requests are exported.
 *
 * @public
 */
export type WantedInstrumentation = 'http' | 'grpc';

/**
 * Names of query parameters whose values are redacted beside the built-in ones, and built-in ones whose values are not.
 *
 * @public
 */
export interface WantedRedaction {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/**
 * How metrics are made, by a configuration.
 *
 * @public
 */
export interface WantedMetrics {
  readonly ttlMs: number;
  readonly buckets: {
    readonly durationHistogram?: readonly number[];
    readonly requestSizeHistogram?: readonly number[];
    readonly responseSizeHistogram?: readonly number[];
  };
  /** Groups of metrics of the services that have none of their own. */
  readonly features: readonly WantedFeature[];
  /** Resource attributes that span metrics have beside their own. */
  readonly spanResourceAttributes?: readonly string[];
  /** Protocols whose requests are counted; default all. */
  readonly instrumentations?: readonly WantedInstrumentation[];
  /** Names of spans for each process before further ones become one. */
  readonly spanNamesLimit: number;
  readonly allowServiceGraphSelfReferences: boolean;
  /** Form of histograms; a scraper that takes no protobuf gets explicit buckets in any case. */
  readonly histogramAggregation: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';
  /** Limits of exponential histograms, and of native ones. */
  readonly exponentialHistogram: { readonly maxSize: number; readonly maxScale: number };
  readonly exemplarFilter?: 'always_off' | 'trace_based' | 'always_on';
  /** Attributes by globs on metrics. */
  readonly select: Readonly<
    Record<string, { readonly include?: readonly string[]; readonly exclude?: readonly string[] }>
  >;
}

/**
 * An exporter that a configuration asks for, as plain data.
 *
 * @public
 */
export type WantedExporter =
  | {
      readonly kind: 'console';
      readonly format: 'text' | 'json' | 'json_indent' | 'counter';
      readonly sensitiveQueryParams?: WantedRedaction;
    }
  | ({
      readonly kind: 'otlp-traces';
      /** Attributes of spans, by globs. */
      readonly attributes?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
      /** Protocols whose requests are sent; default all. */
      readonly instrumentations?: readonly WantedInstrumentation[];
      readonly sensitiveQueryParams?: WantedRedaction;
      /** Sizes in requests; what is not said is the exporter's default. */
      readonly queue: {
        readonly maxQueueSize?: number;
        readonly maxBatchSize?: number;
        readonly delayMs?: number;
        readonly exportTimeoutMs?: number;
        readonly retryInitialDelayMs?: number;
        readonly retryMaxDelayMs?: number;
      };
    } & WantedOtlp)
  | ({ readonly kind: 'otlp-metrics'; readonly intervalMs: number } & WantedOtlp & WantedMetrics)
  | ({
      readonly kind: 'prometheus';
      readonly port: number;
      readonly path: string;
      /** Path of the internal metrics on the same port. */
      readonly internalPath?: string;
      /** Whether the page has `beyla_build_info`. */
      readonly buildInfo: boolean;
    } & WantedMetrics)
  | { readonly kind: 'internal-metrics'; readonly port: number; readonly path: string }
  | ({ readonly kind: 'health-check' } & (
      | { readonly host: string; readonly port: number }
      | { readonly socketPath: string }
    ))
  | ({ readonly kind: 'otlp-internal-metrics'; readonly intervalMs: number } & WantedOtlp);

/**
 * The exporters that a configuration asks for; `exportersFromConfig` of `@beyla/exporters` makes them.
 *
 * @example
 * ```ts
 * import { loadConfig, wantedExporters } from '@beyla/core';
 * const config = await loadConfig('open_port: 8080\nprint_traces: true\n');
 * wantedExporters(config); // [{ kind: 'console', format: 'text' }]
 * ```
 *
 * @public
 */
export function wantedExporters(config: ConfigValues): readonly WantedExporter[] {
  const wanted = [...spanExporters(config), ...healthCheckOf(config)];
  const { internal_metrics: internal, otel_metrics_export: otel } = config;
  const { port, path } = internal.prometheus;
  const exporter = internal.exporter ?? (port > 0 ? 'prometheus' : 'disabled');
  const otlp = exporter === 'otel' ? otlpOf(config, 'metrics') : undefined;
  if (otlp !== undefined) wanted.push({ kind: 'otlp-internal-metrics', intervalMs: otel.interval, ...otlp });
  if (exporter !== 'prometheus' || port === 0) return wanted;
  const shares = (one: WantedExporter): boolean => one.kind === 'prometheus' && one.port === port;
  if (wanted.some(shares)) return wanted.map((one) => (shares(one) ? { ...one, internalPath: path } : one));
  return [...wanted, { kind: 'internal-metrics', port, path }];
}

function healthCheckOf({
  health_check: { port, listen_address: host, unix_socket_path },
}: ConfigValues): WantedExporter[] {
  if (unix_socket_path !== undefined) return [{ kind: 'health-check', socketPath: unix_socket_path }];
  return port === 0 ? [] : [{ kind: 'health-check', host, port }];
}

function spanExporters(config: ConfigValues): WantedExporter[] {
  if (config.noop) return [];
  const wanted: WantedExporter[] = [];
  const format =
    config.trace_printer === 'disabled' ? (config.print_traces ? 'text' : undefined) : config.trace_printer;
  if (format !== undefined) wanted.push({ kind: 'console', format, ...redactionOf(config) });
  const traces = tracesOf(config);
  if (traces !== undefined) wanted.push(traces);
  const { otel_metrics_export: otel, prometheus_export: prometheus } = config;
  const otlp = otlpOf(config, 'metrics');
  if (otlp !== undefined && hasMetrics(config, otel)) {
    const { max_size: maxSize, max_scale: maxScale } = otel.exponential_histogram;
    wanted.push({
      kind: 'otlp-metrics',
      intervalMs: otel.interval,
      ...otlp,
      ...metricsOf(config, otel),
      histogramAggregation: otel.histogram_aggregation,
      exponentialHistogram: { maxSize, maxScale },
    });
  }
  if (prometheus.port > 0 && hasMetrics(config, prometheus)) {
    const { port, path, exemplar_filter: exemplarFilter } = prometheus;
    const metrics = metricsOf(config, prometheus);
    const buildInfo = !prometheus.disable_build_info;
    wanted.push({ kind: 'prometheus', port, path, buildInfo, ...metrics, ...nativeOf(config), exemplarFilter });
  }
  return wanted;
}

/** Native histograms by the growth of their buckets: the scale is the coarsest one that grows by no more. */
function nativeOf({
  prometheus_export: { native_histogram },
}: ConfigValues): Pick<WantedMetrics, 'histogramAggregation' | 'exponentialHistogram'> {
  const { bucket_factor: factor, max_bucket_number: buckets } = native_histogram;
  if (factor <= 1) {
    return { histogramAggregation: 'explicit_bucket_histogram', exponentialHistogram: { maxSize: 160, maxScale: 8 } };
  }
  const maxScale = Math.min(8, Math.max(-4, Math.ceil(0 - Math.log2(Math.log2(factor)))));
  return {
    histogramAggregation: 'base2_exponential_bucket_histogram',
    exponentialHistogram: { maxSize: buckets === 0 ? 160 : Math.min(16_384, Math.max(2, buckets)), maxScale },
  };
}

function tracesOf(config: ConfigValues): WantedExporter | undefined {
  const otlp = otlpOf(config, 'traces');
  if (otlp === undefined) return undefined;
  const traces = config.otel_traces_export;
  const maxBatchSize = traces.batch_max_size ?? traces.max_export_batch_size;
  const queueSize = traces.queue_size ?? traces.max_queue_size;
  return {
    kind: 'otlp-traces',
    ...otlp,
    ...given('attributes', config.attributes.select['traces']),
    ...given('instrumentations', instrumentationsOf(traces.instrumentations)),
    ...redactionOf(config),
    queue: {
      ...given('maxBatchSize', maxBatchSize),
      ...given('maxQueueSize', queueSize === 0 ? 4 * (maxBatchSize ?? DEFAULT_BATCH) : queueSize),
      ...given('delayMs', traces.batch_timeout),
      ...given('exportTimeoutMs', traces.export_timeout ?? traces.backoff_max_elapsed_time),
      ...given('retryInitialDelayMs', traces.backoff_initial_interval),
      ...given('retryMaxDelayMs', traces.backoff_max_interval),
    },
  };
}

function redactionOf(config: ConfigValues): { readonly sensitiveQueryParams?: WantedRedaction } {
  const { add, remove } = config.attributes.sensitive_query_params;
  if (add === undefined && remove === undefined) return {};
  return { sensitiveQueryParams: { ...given('add', add), ...given('remove', remove) } };
}

/** Requests for each export where the configuration does not say. */
const DEFAULT_BATCH = 512;

function otlpOf(config: ConfigValues, signal: 'traces' | 'metrics'): WantedOtlp | undefined {
  const section = signal === 'traces' ? config.otel_traces_export : config.otel_metrics_export;
  const { cloud_submit, cloud_zone, cloud_instance_id, cloud_api_key } = config.grafana.otlp;
  const isCloud = cloud_submit.includes(signal) && cloud_zone !== undefined;
  const cloud = isCloud ? `https://otlp-gateway-${cloud_zone}.grafana.net/otlp` : undefined;
  const address = section.endpoint ?? section.common_endpoint ?? cloud;
  if (address === undefined && section.protocol !== 'debug') return undefined;
  // A specific endpoint without a path still has the usual one; a socket has none.
  const isWhole = address === section.endpoint && /^https?:\/\/[^/]+\//i.test(address ?? '');
  const protocol = section.protocol ?? (/:\d*4317(?:[/?#]|$)/.test(address ?? '') ? 'grpc' : 'http/protobuf');
  const hasLogin = isCloud && cloud_instance_id !== undefined && cloud_api_key !== undefined;
  return {
    ...given(isWhole && protocol !== 'grpc' ? 'url' : 'endpoint', address),
    protocol,
    headers: { ...(hasLogin ? basic(cloud_instance_id, cloud_api_key) : {}), ...section.headers },
    insecureSkipVerify: section.insecure_skip_verify,
    ...given('timeoutMs', section.timeout),
    ...given('compression', section.compression),
  };
}

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Whether there is a metric at all: of all services, or of some. */
function hasMetrics({ metrics, discovery }: ConfigValues, section: MetricsSection): boolean {
  const ofEntries = [...discovery.instrument, ...discovery.services].flatMap((entry) => entry.metrics?.features ?? []);
  return knownFeatures([...(section.features ?? metrics.features), ...ofEntries]).length > 0;
}

/** The protocols that there are, of those that are named; undefined: all. */
function instrumentationsOf(names: readonly string[] | undefined): readonly WantedInstrumentation[] | undefined {
  if (names === undefined || names.includes('*')) return undefined;
  return (['http', 'grpc'] as const).filter((protocol) => names.includes(protocol));
}

interface MetricsSection {
  readonly features?: readonly string[];
  readonly extra_span_resource_attributes?: readonly string[];
  readonly instrumentations?: readonly string[];
  readonly ttl: number;
  readonly buckets: BucketsConfig;
  readonly report_target: boolean;
  readonly report_peer: boolean;
  readonly allow_service_graph_self_references: boolean;
}

function metricsOf(
  config: ConfigValues,
  section: MetricsSection,
): Omit<WantedMetrics, 'histogramAggregation' | 'exponentialHistogram'> {
  const { duration_histogram, request_size_histogram, response_size_histogram } = section.buckets;
  const reported = [
    ...(section.report_target ? ['url.path'] : []),
    ...(section.report_peer ? ['client.address', 'server.address', 'server.port'] : []),
  ];
  return {
    ttlMs: section.ttl,
    features: knownFeatures(section.features ?? config.metrics.features),
    ...given('spanResourceAttributes', section.extra_span_resource_attributes),
    ...given('instrumentations', instrumentationsOf(section.instrumentations)),
    spanNamesLimit: config.attributes.metric_span_names_limit,
    allowServiceGraphSelfReferences: section.allow_service_graph_self_references,
    buckets: {
      ...given('durationHistogram', duration_histogram),
      ...given('requestSizeHistogram', request_size_histogram),
      ...given('responseSizeHistogram', response_size_histogram),
    },
    // The empty entry comes first and stands for the defaults, to which the other one adds.
    select: { ...(reported.length > 0 ? { '*': {}, '**': { include: reported } } : {}), ...config.attributes.select },
  };
}

function given<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });
}
