import type { WantedFeature } from './options.ts';

/** Groups of metrics that there are, by Beyla's names. */
export const METRIC_FEATURES: readonly WantedFeature[] = [
  'application',
  'application_span',
  'application_span_otel',
  'application_span_sizes',
  'application_service_graph',
];
