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
 * @throws BeylaError `INVALID_OPTION` for what this version does not have: `protocol: debug`, endpoints on Unix sockets.
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
      '`internal_metrics.exporter` is `otel`; set `otel_metrics_export.endpoint`, too',
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
        ...otlpOptions(wanted, 'otel_traces_export'),
      });
    case 'otlp-metrics': {
      const otlp = otlpOptions(wanted, 'otel_metrics_export');
      return new OtlpMetricExporter({ intervalMs: wanted.intervalMs, ...metricsOptions(wanted), ...otlp });
    }
    case 'prometheus': {
      const { port, path, internalPath } = wanted;
      const internal = internalPath === undefined ? {} : { internalPath };
      return new PrometheusExporter({ port, path, ...internal, ...metricsOptions(wanted) });
    }
    case 'internal-metrics':
      return new InternalMetricsExporter({ port: wanted.port, path: wanted.path });
    case 'otlp-internal-metrics':
      return new OtlpInternalMetricExporter({
        intervalMs: wanted.intervalMs,
        ...otlpOptions(wanted, 'otel_metrics_export'),
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

function otlpOptions(wanted: WantedOtlp, section: string): OtlpOptions {
  const { endpoint, url, protocol, headers, insecureSkipVerify, timeoutMs, compression } = wanted;
  if (protocol === 'debug') return missing(`${section}.protocol`, protocol, 'use `print_traces`');
  const address = url ?? endpoint ?? '';
  if (!/^https?:/i.test(address)) return missing(`${section}.endpoint`, address, 'use an http or https URL');
  return {
    ...(url === undefined ? { endpoint: address } : { url }),
    protocol,
    headers,
    ...(insecureSkipVerify ? { tls: { insecureSkipVerify } } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(compression === undefined ? {} : { compression }),
  };
}

function missing(path: string, value: string, instead: string): never {
  throw new BeylaError('INVALID_OPTION', `\`${path}\` is \`${value}\`, which is not there yet; ${instead}`);
}
