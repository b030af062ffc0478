import { BeylaError } from '@beyla/core';

/**
 * A group of metrics, by Beyla's names.
 *
 * `application`: the HTTP metrics. `application_span`: `traces_spanmetrics_latency` and `_calls_total`; `application_span_otel`: the
 * same as `traces_span_metrics_duration_seconds` and `_calls_total`; `application_span_sizes`: `traces_spanmetrics_size_total` and
 * `_response_size_total`. `application_service_graph`: `traces_service_graph_request_*`.
 *
 * @public
 */
export type MetricFeature =
  | 'application'
  | 'application_span'
  | 'application_span_otel'
  | 'application_span_sizes'
  | 'application_service_graph';

const FEATURES: readonly MetricFeature[] = [
  'application',
  'application_span',
  'application_span_otel',
  'application_span_sizes',
  'application_service_graph',
];

/** @throws BeylaError `INVALID_OPTION` for a group that there is not. */
export function checkedFeatures(features: readonly MetricFeature[]): ReadonlySet<MetricFeature> {
  for (const feature of features) {
    if (FEATURES.includes(feature)) continue;
    throw new BeylaError('INVALID_OPTION', `\`features\` has "${feature}"; there are ${FEATURES.join(', ')}`);
  }
  return new Set(features);
}
