import { type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type ExponentialHistogramMetricData,
  type HistogramMetricData,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { ExponentialHistogramSnapshot, HistogramSnapshot, MetricSnapshot } from './service-metrics.ts';

/** A copy in the form of the OpenTelemetry SDK; cumulative. */
export function toMetricData(metric: MetricSnapshot, endTime: HrTime): MetricData {
  const { name, unit, description } = metric;
  const common = {
    descriptor: { name, description, unit, valueType: unit === 's' ? ValueType.DOUBLE : ValueType.INT },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (metric.type === 'counter') {
    const dataPoints = metric.points.map(({ attributes, startMs, value }) => ({
      startTime: hrTime(startMs),
      endTime,
      attributes,
      value,
    }));
    return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
  }
  if (metric.type === 'exponential_histogram') {
    const dataPoints = metric.points.map(({ attributes, startMs, histogram }) => ({
      startTime: hrTime(startMs),
      endTime,
      attributes,
      value: exponentialCopyOf(histogram),
    }));
    return { ...common, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.points.map(({ attributes, startMs, histogram }) => ({
    startTime: hrTime(startMs),
    endTime,
    attributes,
    value: copyOf(histogram),
  }));
  return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function copyOf(histogram: HistogramSnapshot): HistogramMetricData['dataPoints'][number]['value'] {
  return {
    buckets: { boundaries: [...histogram.boundaries], counts: [...histogram.counts] },
    count: histogram.count,
    sum: histogram.sum,
    min: histogram.min,
    max: histogram.max,
  };
}

function exponentialCopyOf(
  histogram: ExponentialHistogramSnapshot,
): ExponentialHistogramMetricData['dataPoints'][number]['value'] {
  const { count, sum, min, max, scale, zeroCount, offset, counts } = histogram;
  return {
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    positive: { offset, bucketCounts: [...counts] },
    negative: { offset: 0, bucketCounts: [] },
  };
}

/** Unix milliseconds as the SDK has them. */
export function hrTime(unixMs: number): HrTime {
  return [Math.floor(unixMs / 1000), Math.round((unixMs % 1000) * 1e6)];
}
