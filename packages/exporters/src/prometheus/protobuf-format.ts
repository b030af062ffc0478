import type { AttributeSet } from '../attributes.ts';
import type { Exemplar } from '../exemplar.ts';
import { ProtobufWriter } from '../protobuf-writer.ts';
import type {
  ExponentialHistogramSnapshot,
  HistogramSnapshot,
  MetricSnapshot,
  ServiceMetrics,
} from '../service-metrics.ts';
import { type Labels, labelsOf } from './labels.ts';
import {
  BUILD_INFO_HELP,
  buildLabels,
  type FamilyPart,
  metricFamilies,
  serviceLabels,
  TARGET_INFO_HELP,
  targetLabels,
} from './metric-families.ts';
import { nativeBuckets } from './native-buckets.ts';

/** Numbers of the fields of `io.prometheus.client` that are written. */
const FAMILY = { name: 1, help: 2, type: 3, metric: 4 } as const;
const METRIC = { label: 1, gauge: 2, counter: 3, histogram: 7 } as const;
const HISTOGRAM = {
  sampleCount: 1,
  sampleSum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  positiveSpan: 12,
  positiveDelta: 13,
  created: 15,
  exemplars: 16,
} as const;
const BUCKET = { cumulativeCount: 1, upperBound: 2, exemplar: 3 } as const;
const TYPES = { counter: 0, gauge: 1, histogram: 4, exponential_histogram: 4 } as const;

/** Scales that Prometheus has. */
const MIN_SCHEMA = -4;
const MAX_SCHEMA = 8;
const PIECE_BYTES = 65_536;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Writes metrics as delimited messages `io.prometheus.client.MetricFamily`, the one format that has native histograms. Names and labels are
 * those of the text format; labels are encoded once per series.
 */
export class ProtobufFormat {
  readonly #hasBuildInfo: boolean;
  readonly #labels = new WeakMap<Readonly<AttributeSet> | ServiceMetrics, Uint8Array>();

  constructor(hasBuildInfo = false) {
    this.#hasBuildInfo = hasBuildInfo;
  }

  /** The page in pieces; an empty one where there is nothing to send yet, so that the reader can let other work run in between. */
  *write(services: readonly ServiceMetrics[]): Generator<Uint8Array> {
    yield* info('target_info', TARGET_INFO_HELP, targetLabels(services));
    if (this.#hasBuildInfo) yield* info('beyla_build_info', BUILD_INFO_HELP, buildLabels(services));
    for (const [name, parts] of metricFamilies(services)) yield* this.#family(name, parts);
  }

  /** The length of a family stands before it, so all of it is encoded first. */
  *#family(name: string, parts: readonly FamilyPart[]): Generator<Uint8Array> {
    const metric = parts[0]?.metric;
    if (metric === undefined) return;
    const writer = new ProtobufWriter();
    // Here the suffix of a counter is part of its name, as in the text format.
    familyHead(writer, metric.type === 'counter' ? `${name}_total` : name, metric.description, metric.type);
    const pieces: Uint8Array[] = [];
    for (const part of parts) {
      for (const write of this.#series(writer, part)) {
        writer.message(FAMILY.metric, write);
        if (writer.length < PIECE_BYTES) continue;
        pieces.push(writer.take());
        yield NOTHING;
      }
    }
    pieces.push(writer.take());
    const head = new ProtobufWriter();
    head.varint(pieces.reduce((sum, { length }) => sum + length, 0));
    yield head.take();
    yield* pieces;
  }

  *#series(writer: ProtobufWriter, { service, metric }: FamilyPart): Generator<() => void> {
    const common = labelsOf(serviceLabels(service));
    const encoded = this.#encoded(service, () => common);
    const labels = (attributes: Readonly<AttributeSet>): void => {
      writer.raw(this.#encoded(attributes, () => labelsOf(attributes, common)));
      writer.raw(encoded);
    };
    for (const point of metric.points) {
      yield () => {
        labels(point.attributes);
        if ('value' in point) {
          writer.message(METRIC.counter, () => {
            writer.double(1, point.value);
            writeTimestamp(writer, 3, point.startMs);
          });
        } else {
          writer.message(METRIC.histogram, () => writeHistogram(writer, point.histogram, point.startMs));
        }
      };
    }
  }

  #encoded(key: Readonly<AttributeSet> | ServiceMetrics, labels: () => Labels): Uint8Array {
    let bytes = this.#labels.get(key);
    if (bytes === undefined) {
      const writer = new ProtobufWriter();
      writeLabels(writer, labels());
      bytes = writer.take();
      this.#labels.set(key, bytes);
    }
    return bytes;
  }
}

function* info(name: string, help: string, series: readonly AttributeSet[]): Generator<Uint8Array> {
  if (series.length === 0) return;
  const writer = new ProtobufWriter();
  writer.delimited(() => {
    familyHead(writer, name, help, 'gauge');
    for (const labels of series) {
      writer.message(FAMILY.metric, () => {
        writeLabels(writer, labelsOf(labels));
        writer.message(METRIC.gauge, () => writer.double(1, 1));
      });
    }
  });
  yield writer.take();
}

function familyHead(writer: ProtobufWriter, name: string, help: string, type: MetricSnapshot['type'] | 'gauge'): void {
  writer.text(FAMILY.name, name);
  writer.text(FAMILY.help, help);
  writer.uint(FAMILY.type, TYPES[type]);
}

function writeLabels(writer: ProtobufWriter, labels: Labels): void {
  for (const [label, value] of labels) {
    writer.message(METRIC.label, () => {
      writer.text(1, label);
      writer.text(2, value);
    });
  }
}

function writeHistogram(
  writer: ProtobufWriter,
  histogram: HistogramSnapshot | ExponentialHistogramSnapshot,
  startMs: number,
): void {
  writer.uint(HISTOGRAM.sampleCount, histogram.count);
  writer.double(HISTOGRAM.sampleSum, histogram.sum);
  const native = 'scale' in histogram ? histogram : histogram.native;
  if ('boundaries' in histogram) writeClassic(writer, histogram);
  if (native !== undefined && native.scale >= MIN_SCHEMA && native.scale <= MAX_SCHEMA) writeNative(writer, native);
  writeTimestamp(writer, HISTOGRAM.created, startMs);
}

function writeClassic(writer: ProtobufWriter, { boundaries, counts, count, exemplars }: HistogramSnapshot): void {
  let cumulative = 0;
  const bucket = (upperBound: number, exemplar: Exemplar | undefined): void => {
    writer.message(HISTOGRAM.bucket, () => {
      writer.uint(BUCKET.cumulativeCount, cumulative);
      writer.double(BUCKET.upperBound, upperBound);
      if (exemplar !== undefined) writeExemplar(writer, BUCKET.exemplar, exemplar);
    });
  };
  for (const [i, boundary] of boundaries.entries()) {
    cumulative += counts[i] as number;
    bucket(boundary, exemplars[i]);
  }
  // The last bucket goes without saying, but its exemplar does not.
  cumulative = count;
  if (exemplars[boundaries.length] !== undefined) bucket(Number.POSITIVE_INFINITY, exemplars[boundaries.length]);
}

function writeNative(writer: ProtobufWriter, native: ExponentialHistogramSnapshot): void {
  writer.sint(HISTOGRAM.schema, native.scale);
  writer.double(HISTOGRAM.zeroThreshold, native.zeroThreshold);
  writer.uint(HISTOGRAM.zeroCount, native.zeroCount);
  const { spans, deltas } = nativeBuckets(native.offset, native.counts);
  for (const { offset, length } of spans) {
    writer.message(HISTOGRAM.positiveSpan, () => {
      writer.sint(1, offset);
      writer.uint(2, length);
    });
  }
  if (deltas.length > 0) writer.sints(HISTOGRAM.positiveDelta, deltas);
  for (const exemplar of native.exemplars) {
    if (exemplar !== undefined) writeExemplar(writer, HISTOGRAM.exemplars, exemplar);
  }
}

function writeExemplar(writer: ProtobufWriter, field: number, exemplar: Exemplar): void {
  const { traceId, spanId, value, unixMs } = exemplar;
  writer.message(field, () => {
    writeLabels(writer, labelsOf({ trace_id: traceId, span_id: spanId }));
    writer.double(2, value);
    writeTimestamp(writer, 3, unixMs);
  });
}

/** `google.protobuf.Timestamp`. */
function writeTimestamp(writer: ProtobufWriter, field: number, unixMs: number): void {
  const seconds = Math.floor(unixMs / 1000);
  writer.message(field, () => {
    writer.uint(1, seconds);
    writer.uint(2, Math.round((unixMs - seconds * 1000) * 1e6));
  });
}
