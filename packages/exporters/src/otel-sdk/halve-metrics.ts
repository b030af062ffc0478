import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** The same metrics with the first half of the data points, and with the others; undefined where there is but one point. */
export function halveMetrics(all: ResourceMetrics): [ResourceMetrics, ResourceMetrics] | undefined {
  const count = all.scopeMetrics.flatMap(({ metrics }) => metrics).reduce((sum, one) => sum + one.dataPoints.length, 0);
  if (count < 2) return undefined;
  const middle = count >> 1;
  return [pointsOf(all, 0, middle), pointsOf(all, middle, count)];
}

/** Points by their place among all; metrics and scopes that are left without any are left out. */
function pointsOf({ resource, scopeMetrics }: ResourceMetrics, begin: number, end: number): ResourceMetrics {
  let at = 0;
  const part = (metric: MetricData): MetricData => {
    const from = at;
    at += metric.dataPoints.length;
    const dataPoints = metric.dataPoints.slice(Math.max(0, begin - from), Math.max(0, end - from));
    // The kinds of points differ, those of one metric do not.
    return { ...metric, dataPoints } as MetricData;
  };
  return {
    resource,
    scopeMetrics: scopeMetrics
      .map(({ scope, metrics }) => ({ scope, metrics: metrics.map(part).filter((one) => one.dataPoints.length > 0) }))
      .filter(({ metrics }) => metrics.length > 0),
  };
}
