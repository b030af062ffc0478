import {
  AggregationType,
  DataPointType,
  MeterProvider,
  MetricReader,
  type ExponentialHistogram as SdkHistogram,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aSpan } from '../../core/src/testing/span.ts';
import { bucketIndex } from './bucket-index.ts';
import { ExponentialHistogram } from './exponential-histogram.ts';

/** Whether `value ** (2 ** scale) <= 2 ** power`, without rounding. */
function isAtMost(value: number, scale: number, power: number): boolean {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
  const mantissa = (bits & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n;
  const exponent = BigInt(bits >> 52n) - 1075n;
  // value = mantissa * 2 ** exponent; both sides to the power of 2 ** scale, or the bound to that of 2 ** -scale.
  const exponentiated = scale >= 0 ? mantissa ** (1n << BigInt(scale)) : mantissa;
  const shift =
    scale >= 0 ? BigInt(power) - exponent * (1n << BigInt(scale)) : (BigInt(power) << BigInt(-scale)) - exponent;
  return shift >= 0n ? exponentiated <= 1n << shift : exponentiated << -shift <= 1n;
}

/** By the definition alone: above its lower bound and at most its upper one. */
function isInBucket(value: number, scale: number, index: number): boolean {
  return !isAtMost(value, scale, index) && isAtMost(value, scale, index + 1);
}

const positive = fc.double({ min: 2 ** -127, max: Number.MAX_VALUE, noNaN: true });
/** As latencies and sizes are: a few powers of two around one. */
const usual = fc.double({ min: 1e-5, max: 1e4, noNaN: true });
const value = fc.oneof(positive, usual, fc.constantFrom(1, 2, 4, 0.5, 0.25, 1024));

function neighbour(of: number, steps: number): number {
  const bits = new BigInt64Array(Float64Array.of(of).buffer);
  bits[0] = (bits[0] as bigint) + BigInt(steps);
  return new Float64Array(bits.buffer)[0] as number;
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** What the SDK makes of the same values. */
async function bySdk(values: readonly number[], maxSize: number): Promise<SdkHistogram> {
  const reader = new ManualReader({
    aggregationSelector: () => ({ type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize } }),
  });
  const histogram = new MeterProvider({ readers: [reader] }).getMeter('oracle').createHistogram('values');
  for (const each of values) histogram.record(each);
  const { resourceMetrics } = await reader.collect();
  const [metric] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
  expect(metric).toMatchObject({ dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM });
  return metric?.dataPoints[0]?.value as SdkHistogram;
}

function of(values: readonly number[], maxSize = 160, maxScale = 20): ExponentialHistogram {
  const histogram = new ExponentialHistogram({ maxSize, maxScale });
  for (const each of values) histogram.record(each);
  return histogram;
}

describe('bucketIndex()', () => {
  it('is exact for every scale up to 8', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: -10, max: 8 }), (number, scale) => {
        expect(isInBucket(number, scale, bucketIndex(number, scale))).toBe(true);
      }),
    );
  });

  it('is exact beside every bound of an octave', () => {
    for (const octave of [-7, 0, 5]) {
      for (let i = 0; i <= 256; i += 1) {
        const bound = 2 ** (octave + i / 256);
        for (const number of [neighbour(bound, -1), bound, neighbour(bound, 1)]) {
          expect(isInBucket(number, 8, bucketIndex(number, 8))).toBe(true);
        }
      }
    }
  });

  it('puts a power of two into the bucket that ends there, at every scale', () => {
    for (let scale = -10; scale <= 20; scale += 1) {
      for (let exponent = -126; exponent <= 1023; exponent += 7) {
        expect(bucketIndex(2 ** exponent, scale)).toBe(Math.ceil(exponent * 2 ** scale) - 1);
      }
    }
  });

  it('is never far from the exact one at the scales above 8', () => {
    fc.assert(
      fc.property(usual, fc.integer({ min: 9, max: 20 }), (number, scale) => {
        const coarse = bucketIndex(number, scale) >> (scale - 8);
        expect(Math.abs(coarse - bucketIndex(number, 8))).toBeLessThanOrEqual(1);
        expect(bucketIndex(number, scale)).toBeCloseTo(Math.ceil(Math.log2(number) * 2 ** scale) - 1, -1);
      }),
    );
  });
});

describe('ExponentialHistogram', () => {
  it('counts every value in the bucket that the definition says, at the finest scale that fits', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: -10, max: 8 }),
        (values, maxSize, maxScale) => {
          const histogram = of(values, maxSize, maxScale);
          const indexes = values.map((each) => bucketIndex(each, histogram.scale));
          expect(values.every((each, i) => isInBucket(each, histogram.scale, indexes[i] as number))).toBe(true);
          const low = Math.min(...indexes);
          const high = Math.max(...indexes);
          const counts = new Array<number>(high - low + 1).fill(0);
          for (const index of indexes) (counts[index - low] as number) += 1;
          expect(histogram.offset).toBe(low);
          expect(histogram.counts).toEqual(counts);
          expect(counts.length).toBeLessThanOrEqual(maxSize);
          if (histogram.scale < maxScale) {
            const finer = values.map((each) => bucketIndex(each, histogram.scale + 1));
            expect(Math.max(...finer) - Math.min(...finer)).toBeGreaterThanOrEqual(maxSize);
          }
        },
      ),
    );
  });

  it('has the same scale, buckets and sums as the OpenTelemetry SDK', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(usual, fc.constant(0)), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 4, max: 160 }),
        async (values, maxSize) => {
          const theirs = await bySdk(values, maxSize);
          const ours = of(values, maxSize);
          expect(ours.zeroCount).toBe(theirs.zeroCount);
          expect([ours.count, ours.sum, ours.min, ours.max]).toEqual([
            theirs.count,
            theirs.sum,
            theirs.min,
            theirs.max,
          ]);
          if (ours.count === ours.zeroCount) return;
          expect(ours.scale).toBe(theirs.scale);
          expect({ offset: ours.offset, bucketCounts: ours.counts }).toEqual(theirs.positive);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts nothing, and what is next to nothing, as zero', () => {
    const histogram = of([0, 5e-324, 2 ** -128, 2 ** -127]);
    expect(histogram).toMatchObject({ count: 4, zeroCount: 3 });
    expect(histogram.counts).toEqual([1]);
  });

  it('keeps the exemplar of a slow request, however many fast ones follow', () => {
    const histogram = of([]);
    const slow = aSpan();
    histogram.recordExemplary(3, slow, 1);
    for (let i = 0; i < 1_000; i += 1) histogram.recordExemplary(0.001 + i * 1e-7, aSpan(), 2);
    const kept = histogram.exemplars.filter((exemplar) => exemplar !== undefined);
    expect(kept.map(({ traceId }) => traceId)).toContain(slow.traceId);
    expect(kept).toHaveLength(2);
  });
});
