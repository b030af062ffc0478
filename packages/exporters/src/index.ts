export type { AttributeSelection } from './attribute-selection.ts';
export type { AttributeSet } from './attributes.ts';
export type { BucketsOptions } from './buckets.ts';
export { ConsoleExporter, type ConsoleExporterOptions } from './console/console-exporter.ts';
export type { Exemplar, ExemplarFilter } from './exemplar.ts';
export { exportersFromConfig } from './exporters-from-config.ts';
export { type AttributeCondition, createFilter, type FilterOptions } from './filter.ts';
export { HealthCheck, type HealthCheckOptions } from './health/health-check.ts';
export type { ExponentialHistogramOptions, HistogramAggregation } from './histogram-aggregation.ts';
export type { Instrumentation } from './instrumentations.ts';
export {
  OtlpInternalMetricExporter,
  type OtlpInternalMetricExporterOptions,
} from './internal/otlp-internal-metric-exporter.ts';
export type { MetricFeature } from './metric-features.ts';
export { MetricExporterAdapter, type MetricExporterAdapterOptions } from './otel-sdk/metric-exporter-adapter.ts';
export { SpanExporterAdapter, type SpanExporterAdapterOptions } from './otel-sdk/span-exporter-adapter.ts';
export type { OtlpOptions, OtlpProtocol, OtlpTlsOptions } from './otlp/options.ts';
export { OtlpMetricExporter, type OtlpMetricExporterOptions } from './otlp/otlp-metric-exporter.ts';
export { OtlpTraceExporter, type OtlpTraceExporterOptions } from './otlp/otlp-trace-exporter.ts';
export { processorsFromConfig } from './processors-from-config.ts';
export type { BasicAuth } from './prometheus/basic-auth.ts';
export {
  InternalMetricsExporter,
  type InternalMetricsExporterOptions,
} from './prometheus/internal-metrics-exporter.ts';
export type { ServerTls } from './prometheus/metrics-server.ts';
export { PrometheusExporter, type PrometheusExporterOptions } from './prometheus/prometheus-exporter.ts';
export { RedMetrics } from './red-metrics.ts';
export type { RedMetricsOptions } from './red-metrics-options.ts';
export type { SensitiveQueryParams } from './redact.ts';
export type { SemanticConventionsOptions } from './semantic-conventions.ts';
export type {
  CounterPoint,
  ExponentialHistogramSnapshot,
  ExponentialPoint,
  HistogramSnapshot,
  MetricIdentity,
  MetricPoint,
  MetricSnapshot,
  SeriesIdentity,
  ServiceMetrics,
} from './service-metrics.ts';
export type { SpanAttributeSelection } from './span-attribute-selection.ts';
