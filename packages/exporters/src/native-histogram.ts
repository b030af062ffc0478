import type { RequestSpan } from '@beyla/core';
import { setExemplar } from './exemplar.ts';
import { ExponentialHistogram, type ExponentialLimits } from './exponential-histogram.ts';
import { Histogram } from './histogram.ts';

/** Counts by explicit buckets and by exponential ones, because a page for Prometheus may need either. */
export class NativeHistogram extends Histogram {
  readonly native: ExponentialHistogram;

  constructor(boundaries: readonly number[], limits: ExponentialLimits) {
    super(boundaries);
    this.native = new ExponentialHistogram(limits);
  }

  override record(value: number): number {
    this.native.record(value);
    return super.record(value);
  }

  override recordExemplary(value: number, span: RequestSpan, nowMs: number): void {
    this.native.recordExemplary(value, span, nowMs);
    setExemplar(this.exemplars, super.record(value), value, span, nowMs);
  }
}
