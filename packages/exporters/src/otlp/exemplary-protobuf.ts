import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { ProtobufWriter } from '../protobuf-writer.ts';
import { type ExemplaryMetric, exemplarsOf, isExemplary } from './exemplary-metrics.ts';

/**
 * An `ExportMetricsServiceRequest` of histograms with exemplars, which the official serializer leaves out (opentelemetry-proto 1.x,
 * metrics.proto; the numbers of its fields stand here).
 */
export function encodeExemplary({ resource, scopeMetrics }: ResourceMetrics): Uint8Array {
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writer.message(1, () => writeAttributes(writer, 1, resource.attributes));
    for (const { scope, metrics } of scopeMetrics) {
      writer.message(2, () => {
        writer.message(1, () => {
          writer.text(1, scope.name);
          if (scope.version !== undefined) writer.text(2, scope.version);
        });
        for (const metric of metrics.filter(isExemplary)) writer.message(2, () => writeMetric(writer, metric));
      });
    }
  });
  return writer.take();
}

function writeMetric(writer: ProtobufWriter, metric: ExemplaryMetric): void {
  const { name, description, unit } = metric.descriptor;
  writer.text(1, name);
  writer.text(2, description);
  writer.text(3, unit);
  const isExponential = metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM;
  writer.message(isExponential ? 10 : 9, () => {
    if (isExponential) for (const point of metric.dataPoints) writer.message(1, () => writeExponential(writer, point));
    else for (const point of metric.dataPoints) writer.message(1, () => writeExplicit(writer, point));
    writer.uint(2, metric.aggregationTemporality === AggregationTemporality.CUMULATIVE ? 2 : 1);
  });
}

function writeExplicit(writer: ProtobufWriter, point: DataPoint<Histogram>): void {
  const { buckets, min, max } = point.value;
  writeCommon(writer, point, { attributes: 9, exemplars: 8 });
  writer.fixed64s(6, buckets.counts);
  writer.doubles(7, buckets.boundaries);
  if (min !== undefined) writer.double(11, min);
  if (max !== undefined) writer.double(12, max);
}

function writeExponential(writer: ProtobufWriter, point: DataPoint<ExponentialHistogram>): void {
  const { scale, zeroCount, positive, min, max } = point.value;
  writeCommon(writer, point, { attributes: 1, exemplars: 11 });
  writer.sint(6, scale);
  writer.fixed64(7, zeroCount);
  writer.message(8, () => {
    writer.sint(1, positive.offset);
    writer.uints(2, positive.bucketCounts);
  });
  if (min !== undefined) writer.double(12, min);
  if (max !== undefined) writer.double(13, max);
}

/** Fields 2 to 5 are those of both kinds of points. */
function writeCommon(
  writer: ProtobufWriter,
  point: DataPoint<Histogram | ExponentialHistogram>,
  fields: { readonly attributes: number; readonly exemplars: number },
): void {
  const { count, sum } = point.value;
  writeAttributes(writer, fields.attributes, point.attributes);
  writer.fixed64(2, nanoseconds(point.startTime));
  writer.fixed64(3, nanoseconds(point.endTime));
  writer.fixed64(4, count);
  if (sum !== undefined) writer.double(5, sum);
  for (const { value, timestamp, spanId, traceId } of exemplarsOf(point)) {
    writer.message(fields.exemplars, () => {
      writer.fixed64(2, nanoseconds(timestamp));
      writer.double(3, value);
      writer.hex(4, spanId);
      writer.hex(5, traceId);
    });
  }
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    writer.message(field, () => {
      writer.text(1, key);
      writer.message(2, () => writeValue(writer, value));
    });
  }
}

function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'boolean') writer.uint(2, value ? 1 : 0);
  else if (typeof value !== 'number') writer.text(1, String(value));
  else if (Number.isSafeInteger(value) && value >= 0) writer.uint(3, value);
  else writer.double(4, value);
}

export function nanoseconds([seconds, nanos]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}
