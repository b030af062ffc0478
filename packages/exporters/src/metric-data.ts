import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type ExponentialHistogramMetricData,
  type HistogramMetricData,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { ExponentialHistogramSnapshot, HistogramSnapshot, MetricSnapshot } from './service-metrics.ts';

/** An exemplar as the OpenTelemetry SDK has them. */
export interface SdkExemplar {
  readonly filteredAttributes: Attributes;
  readonly value: number;
  readonly timestamp: HrTime;
  readonly spanId: string;
  readonly traceId: string;
}

/** What the SDK's data points lack: it has exemplars, but nowhere to put them. Whoever does not know of them reads past them. */
export interface WithExemplars {
  /** Absent where there are none. */
  readonly exemplars?: readonly SdkExemplar[];
}

/** A copy in the form of the OpenTelemetry SDK, with exemplars (`WithExemplars`); cumulative. */
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
      ...exemplarsOf(histogram),
    }));
    return { ...common, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.points.map(({ attributes, startMs, histogram }) => ({
    startTime: hrTime(startMs),
    endTime,
    attributes,
    value: copyOf(histogram),
    ...exemplarsOf(histogram),
  }));
  return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function exemplarsOf({ exemplars }: Pick<HistogramSnapshot, 'exemplars'>): WithExemplars {
  const found = exemplars.flatMap((exemplar) => {
    if (exemplar === undefined) return [];
    const { value, traceId, spanId, unixMs } = exemplar;
    return [{ filteredAttributes: {}, value, timestamp: hrTime(unixMs), spanId, traceId }];
  });
  return found.length === 0 ? {} : { exemplars: found };
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
