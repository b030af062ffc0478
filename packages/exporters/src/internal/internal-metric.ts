import type { AttributeSet } from '../attributes.ts';

/** One value of a metric, and what it is of. */
export type Sample = readonly [labels: Readonly<AttributeSet>, value: number];

/** A metric about the library itself. */
export interface InternalMetric {
  /** In Prometheus' form, without the prefix `beyla_` and the suffix of counters. */
  readonly name: string;
  readonly help: string;
  /** `unknown`: counters and gauges among each other. */
  readonly type: 'gauge' | 'counter' | 'unknown';
  readonly samples: readonly Sample[];
}

export function gauge(name: string, help: string, samples: readonly Sample[]): InternalMetric {
  return { name, help, type: 'gauge', samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): InternalMetric {
  return { name, help, type: 'counter', samples };
}

export function unknown(name: string, help: string, samples: readonly Sample[]): InternalMetric {
  return { name, help, type: 'unknown', samples };
}

export function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}
