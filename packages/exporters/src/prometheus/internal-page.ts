import type { InternalSource } from '@beyla/core';
import { counter, type InternalMetric, type Sample } from '../internal/internal-metric.ts';
import { internalMetrics } from '../internal/internal-metrics.ts';
import type { MetricsEndpoint } from './metrics-endpoint.ts';
import { header, labelPairs, type PageFormat } from './text-format.ts';

/** The page in one piece, made when it is wanted. */
export function* internalPieces(
  source: InternalSource,
  endpoint: MetricsEndpoint,
  format: PageFormat,
): Generator<string> {
  yield internalPage(source, endpoint.requests, format);
}

/** The page about the library itself; `requests` are the scrapes that the server that serves it had. */
export function internalPage(source: InternalSource, requests: readonly Sample[], format: PageFormat): string {
  const metrics = [...internalMetrics(source), counter('prometheus_http_requests', 'Scrapes.', requests)];
  const page = metrics.map((metric) => family(metric, format)).join('');
  return format === 'openmetrics' ? `${page}# EOF\n` : page;
}

function family({ name, help, type, samples }: InternalMetric, format: PageFormat): string {
  if (samples.length === 0) return '';
  const suffix = type === 'counter' ? '_total' : '';
  const lines = samples.map(([labels, value]) => {
    const pairs = labelPairs(labels);
    return `beyla_${name}${suffix}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
  });
  const word = type === 'unknown' && format === 'text' ? 'untyped' : type;
  return header(`beyla_${name}`, help, word, format) + lines.join('');
}
