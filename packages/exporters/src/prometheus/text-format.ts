import type { AttributeSet } from '../attributes.ts';
import type { Exemplar } from '../exemplar.ts';
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
  metricFamilies,
  serviceLabels,
  TARGET_INFO_HELP,
  targetLabels,
  unitSuffix,
} from './metric-families.ts';

/** The formats that are text. */
export type PageFormat = 'text' | 'openmetrics';

/**
 * Writes metrics in Prometheus' text format 0.0.4 or as OpenMetrics 1.0, which has exemplars, too.
 *
 * Every series carries `service_name`, `service_namespace`, `instance` (the service instance id) and `job`
 * (`namespace/name`, or the name); each process has a `target_info`. Label strings are made once per series.
 */
export class TextFormat {
  readonly #hasBuildInfo: boolean;
  readonly #seriesLabels = new WeakMap<Readonly<AttributeSet>, string>();
  readonly #serviceLabels = new WeakMap<ServiceMetrics, Labels>();

  constructor(hasBuildInfo = false) {
    this.#hasBuildInfo = hasBuildInfo;
  }

  /** The page in pieces of about 64 KiB, so that the reader can let other work run in between. */
  *write(services: readonly ServiceMetrics[], format: PageFormat = 'text'): Generator<string> {
    let piece = info('target', TARGET_INFO_HELP, targetLabels(services), format);
    if (this.#hasBuildInfo) piece += info('beyla_build', BUILD_INFO_HELP, buildLabels(services), format);
    for (const [name, parts] of metricFamilies(services)) {
      for (const [i, { service, metric }] of parts.entries()) {
        if (i === 0) piece += header(name, metric.description, TYPES[metric.type], format, unitSuffix(metric.unit));
        for (const lines of this.#linesOf(name, service, metric, format)) {
          piece += lines;
          if (piece.length < PIECE_CHARS) continue;
          yield piece;
          piece = '';
        }
      }
    }
    if (format === 'openmetrics') piece += '# EOF\n';
    if (piece !== '') yield piece;
  }

  *#linesOf(name: string, service: ServiceMetrics, metric: MetricSnapshot, format: PageFormat): Generator<string> {
    const common = this.#labelsOfService(service);
    if (metric.type === 'counter') {
      for (const { attributes, value } of metric.points) {
        yield `${name}_total{${this.#labelsOfSeries(attributes, common)}} ${value}\n`;
      }
      return;
    }
    for (const { attributes, histogram } of metric.points) {
      const explicit = 'boundaries' in histogram ? histogram : withoutBuckets(histogram);
      yield histogramLines(name, this.#labelsOfSeries(attributes, common), explicit, format);
    }
  }

  #labelsOfService(service: ServiceMetrics): Labels {
    let labels = this.#serviceLabels.get(service);
    if (labels === undefined) {
      labels = labelsOf(serviceLabels(service));
      this.#serviceLabels.set(service, labels);
    }
    return labels;
  }

  #labelsOfSeries(attributes: Readonly<AttributeSet>, common: Labels): string {
    let labels = this.#seriesLabels.get(attributes);
    if (labels === undefined) {
      labels = pairs([...labelsOf(attributes, common), ...common]);
      this.#seriesLabels.set(attributes, labels);
    }
    return labels;
  }
}

const PIECE_CHARS = 65_536;
const TYPES = { counter: 'counter', histogram: 'histogram', exponential_histogram: 'histogram' } as const;

/** Texts have no exponential buckets; count and sum stay. */
function withoutBuckets({ count, sum, min, max }: ExponentialHistogramSnapshot): HistogramSnapshot {
  return { boundaries: [], counts: [count], count, sum, min, max, exemplars: [] };
}

function info(family: string, help: string, series: readonly AttributeSet[], format: PageFormat): string {
  if (series.length === 0) return '';
  const name = `${family}_info`;
  // OpenMetrics has a type for it, and the suffix is not part of the name of the family.
  const head = format === 'text' ? header(name, help, 'gauge', format) : header(family, help, 'info', format);
  return head + series.map((labels) => `${name}{${labelPairs(labels)}} 1\n`).join('');
}

/** HELP and TYPE lines of a family; `name` without the suffix of counters. */
export function header(name: string, help: string, type: string, format: PageFormat, suffix = ''): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text') {
    // Here the suffix of a counter is part of its name; in OpenMetrics it is not.
    const full = type === 'counter' ? `${name}_total` : name;
    return `# HELP ${full} ${escaped}\n# TYPE ${full} ${type}\n`;
  }
  const unit = suffix === '' ? '' : `# UNIT ${name} ${suffix.slice(1)}\n`;
  return `# TYPE ${name} ${type}\n${unit}# HELP ${name} ${escaped.replace(/"/g, '\\"')}\n`;
}

function histogramLines(name: string, labels: string, histogram: HistogramSnapshot, format: PageFormat): string {
  const isText = format === 'text';
  const { boundaries, counts, count, sum } = histogram;
  let lines = '';
  let cumulative = 0;
  for (const [i, boundary] of boundaries.entries()) {
    cumulative += counts[i] as number;
    const le = isText ? String(boundary) : floatText(boundary);
    lines += `${name}_bucket{${labels},le="${le}"} ${cumulative}${isText ? '' : exemplarText(histogram.exemplars[i])}\n`;
  }
  const last = isText ? '' : exemplarText(histogram.exemplars[boundaries.length]);
  return (
    `${lines}${name}_bucket{${labels},le="+Inf"} ${count}${last}\n` +
    `${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`
  );
}

/** Numbers that are label values have one canonical form in OpenMetrics, with a point. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, value, unixMs } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${unixMs / 1000}`;
}

/** Attributes as labels, without the braces. */
export function labelPairs(attributes: Readonly<AttributeSet>): string {
  return pairs([...labelsOf(attributes)]);
}

function pairs(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([label, value]) => `${label}="${labelValue(value)}"`).join(',');
}

function labelValue(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}
