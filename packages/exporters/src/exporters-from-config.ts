import {
  BeylaError,
  type ConfigValues,
  type Exporter,
  type WantedExporter,
  type WantedMetrics,
  type WantedOtlp,
  wantedExporters,
} from '@beyla/core';
import { ConsoleExporter } from './console/console-exporter.ts';
import { HealthCheck } from './health/health-check.ts';
import { OtlpInternalMetricExporter } from './internal/otlp-internal-metric-exporter.ts';
import type { OtlpOptions } from './otlp/options.ts';
import { OtlpMetricExporter } from './otlp/otlp-metric-exporter.ts';
import { OtlpTraceExporter } from './otlp/otlp-trace-exporter.ts';
import { InternalMetricsExporter } from './prometheus/internal-metrics-exporter.ts';
import { PrometheusExporter } from './prometheus/prometheus-exporter.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';

/**
 * Makes the exporters that a configuration asks for.
 *
 * @throws BeylaError `INVALID_OPTION` for internal metrics by OTLP without an endpoint.
 *
 * @example
 * ```ts
 * import { createBeyla, loadConfig, toBeylaOptions } from '@beyla/core';
 * import { exportersFromConfig } from '@beyla/exporters';
 *
 * const config = await loadConfig('beyla.yml');
 * const exporters = exportersFromConfig(config);
 * await using beyla = await createBeyla({ ...toBeylaOptions(config), exporters });
 * ```
 *
 * @public
 */
export function exportersFromConfig(config: ConfigValues): readonly Exporter[] {
  const wanted = wantedExporters(config);
  if (config.internal_metrics.exporter === 'otel' && !wanted.some(({ kind }) => kind === 'otlp-internal-metrics')) {
    throw new BeylaError(
      'INVALID_OPTION',
      '`internal_metrics.exporter` is `otel`, but there is no place to send them to',
      { cure: 'Set `otel_metrics_export.endpoint`, too (OTEL_EXPORTER_OTLP_ENDPOINT).' },
    );
  }
  return wanted.map(make);
}

function make(wanted: WantedExporter): Exporter {
  switch (wanted.kind) {
    case 'console': {
      const { format, sensitiveQueryParams } = wanted;
      return new ConsoleExporter({ format, ...(sensitiveQueryParams && { sensitiveQueryParams }) });
    }
    case 'otlp-traces':
      return new OtlpTraceExporter({
        ...wanted.queue,
        ...(wanted.attributes && { attributes: wanted.attributes }),
        ...(wanted.instrumentations && { instrumentations: wanted.instrumentations }),
        ...(wanted.sensitiveQueryParams && { sensitiveQueryParams: wanted.sensitiveQueryParams }),
        ...otlpOptions(wanted),
      });
    case 'otlp-metrics': {
      const otlp = otlpOptions(wanted);
      return new OtlpMetricExporter({ intervalMs: wanted.intervalMs, ...metricsOptions(wanted), ...otlp });
    }
    case 'prometheus': {
      const { port, path, buildInfo, internalPath } = wanted;
      const internal = internalPath === undefined ? {} : { internalPath };
      return new PrometheusExporter({ port, path, buildInfo, ...internal, ...metricsOptions(wanted) });
    }
    case 'internal-metrics':
      return new InternalMetricsExporter({ port: wanted.port, path: wanted.path });
    case 'health-check':
      return new HealthCheck('port' in wanted ? { host: wanted.host, port: wanted.port } : wanted);
    case 'otlp-internal-metrics':
      return new OtlpInternalMetricExporter({
        intervalMs: wanted.intervalMs,
        ...otlpOptions(wanted),
      });
  }
}

function metricsOptions(wanted: WantedMetrics): RedMetricsOptions {
  const { ttlMs, buckets, select, features, spanNamesLimit, allowServiceGraphSelfReferences } = wanted;
  const { histogramAggregation, exponentialHistogram } = wanted;
  const { exemplarFilter, spanResourceAttributes, instrumentations } = wanted;
  return {
    ttlMs,
    buckets,
    select,
    features,
    spanNamesLimit,
    allowServiceGraphSelfReferences,
    histogramAggregation,
    exponentialHistogram,
    ...(exemplarFilter && { exemplarFilter }),
    ...(spanResourceAttributes && { spanResourceAttributes }),
    ...(instrumentations && { instrumentations }),
  };
}

function otlpOptions(wanted: WantedOtlp): OtlpOptions {
  const { endpoint, url, protocol, headers, insecureSkipVerify, timeoutMs, compression } = wanted;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(url === undefined ? {} : { url }),
    protocol,
    headers,
    ...(insecureSkipVerify ? { tls: { insecureSkipVerify } } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(compression === undefined ? {} : { compression }),
  };
}
