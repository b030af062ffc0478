import type { DataPointType, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { SdkExemplar, WithExemplars } from '../metric-data.ts';

/** A metric of histograms, of which some have exemplars. */
export type ExemplaryMetric = Extract<
  MetricData,
  { dataPointType: DataPointType.HISTOGRAM | DataPointType.EXPONENTIAL_HISTOGRAM }
>;

export function exemplarsOf(point: object): readonly SdkExemplar[] {
  return (point as WithExemplars).exemplars ?? [];
}

/** The metrics that have exemplars, and those that have none; each with scope and resource. */
export function splitByExemplars(all: ResourceMetrics): { plain: ResourceMetrics; exemplary: ResourceMetrics } {
  const part = (wantsExemplars: boolean): ResourceMetrics => ({
    resource: all.resource,
    scopeMetrics: all.scopeMetrics
      .map(({ scope, metrics }) => ({ scope, metrics: metrics.filter((one) => isExemplary(one) === wantsExemplars) }))
      .filter(({ metrics }) => metrics.length > 0),
  });
  return { plain: part(false), exemplary: part(true) };
}

export function isExemplary(metric: MetricData): metric is ExemplaryMetric {
  return metric.dataPoints.some((point) => exemplarsOf(point).length > 0);
}
