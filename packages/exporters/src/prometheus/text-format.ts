import { type AttributeSet, resourceAttributes } from '../attributes.ts';
import type { Exemplar } from '../exemplar.ts';
import type { HistogramSnapshot, MetricSnapshot, ServiceMetrics } from '../service-metrics.ts';

/** What a scraper may ask for. */
export type PageFormat = 'text' | 'openmetrics';

/** Media types of the formats. */
export const MEDIA_TYPES: Readonly<Record<PageFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const UNIT_SUFFIXES: Readonly<Record<MetricSnapshot['unit'], string>> = { s: '_seconds', By: '_bytes', '': '' };

/** OpenTelemetry name to Prometheus name: dots become underscores and the unit is spelled out at the end. */
export function prometheusName(name: string, unit: MetricSnapshot['unit']): string {
  return `${name.replace(/[^a-zA-Z0-9_:]/g, '_')}${UNIT_SUFFIXES[unit]}`;
}

/**
 * Writes metrics in Prometheus' text format 0.0.4 or as OpenMetrics 1.0, which has exemplars, too.
 *
 * Every series carries `service_name`, `service_namespace`, `instance` (the service instance id) and `job`
 * (`namespace/name`, or the name); each process has a `target_info`. Label strings are made once per series.
 */
export class TextFormat {
  readonly #seriesLabels = new WeakMap<Readonly<AttributeSet>, string>();
  readonly #serviceLabels = new WeakMap<ServiceMetrics, string>();

  /** The page in pieces of about 64 KiB, so that the reader can let other work run in between. */
  *write(services: readonly ServiceMetrics[], format: PageFormat = 'text'): Generator<string> {
    let piece = targetInfo(services, format);
    for (const [name, parts] of families(services)) {
      for (const [i, { service, metric }] of parts.entries()) {
        if (i === 0) piece += header(name, metric.description, metric.type, format, UNIT_SUFFIXES[metric.unit]);
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
      yield histogramLines(name, this.#labelsOfSeries(attributes, common), histogram, format);
    }
  }

  #labelsOfService(service: ServiceMetrics): string {
    let labels = this.#serviceLabels.get(service);
    if (labels === undefined) {
      const { name, namespace } = service.process.service;
      const identity: AttributeSet = { service_name: name };
      if (namespace !== '') identity['service_namespace'] = namespace;
      labels = labelPairs({ ...identity, ...scrapeIdentity(service) });
      this.#serviceLabels.set(service, labels);
    }
    return labels;
  }

  #labelsOfSeries(attributes: Readonly<AttributeSet>, common: string): string {
    let labels = this.#seriesLabels.get(attributes);
    if (labels === undefined) {
      labels = `${labelPairs(attributes)},${common}`;
      this.#seriesLabels.set(attributes, labels);
    }
    return labels;
  }
}

const PIECE_CHARS = 65_536;

interface FamilyPart {
  readonly service: ServiceMetrics;
  readonly metric: MetricSnapshot;
}

/** By name: the format wants all lines of a metric together. */
function families(services: readonly ServiceMetrics[]): Map<string, FamilyPart[]> {
  const byName = new Map<string, FamilyPart[]>();
  for (const service of services) {
    for (const metric of service.snapshot()) {
      const name = prometheusName(metric.name, metric.unit);
      const parts = byName.get(name);
      if (parts === undefined) byName.set(name, [{ service, metric }]);
      else parts.push({ service, metric });
    }
  }
  return byName;
}

/** The labels by which Prometheus' own data model knows a service instance. */
function scrapeIdentity(service: ServiceMetrics): AttributeSet {
  const { name, namespace, instanceId } = service.process.service;
  return { instance: instanceId, job: namespace === '' ? name : `${namespace}/${name}` };
}

function targetInfo(services: readonly ServiceMetrics[], format: PageFormat): string {
  const running = services.filter((service) => !service.ended);
  if (running.length === 0) return '';
  const lines = running.map((service) => {
    const labels = labelPairs({ ...resourceAttributes(service.process), ...scrapeIdentity(service) });
    return `target_info{${labels}} 1\n`;
  });
  const help = 'What is known of each observed process.';
  // OpenMetrics has a type for it, and the suffix is not part of the name of the family.
  const head =
    format === 'text' ? header('target_info', help, 'gauge', format) : header('target', help, 'info', format);
  return head + lines.join('');
}

/** HELP and TYPE lines of a family; `name` without the suffix of counters. */
export function header(name: string, help: string, type: string, format: PageFormat, unitSuffix = ''): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text') {
    // Here the suffix of a counter is part of its name; in OpenMetrics it is not.
    const full = type === 'counter' ? `${name}_total` : name;
    return `# HELP ${full} ${escaped}\n# TYPE ${full} ${type}\n`;
  }
  const unit = unitSuffix === '' ? '' : `# UNIT ${name} ${unitSuffix.slice(1)}\n`;
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
  // Two names may become one label; the first keeps it, for a label twice makes the whole page invalid.
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes)) {
    const label = labelName(name);
    if (!labels.has(label)) labels.set(label, `${label}="${labelValue(String(value))}"`);
  }
  return [...labels.values()].join(',');
}

function labelName(name: string): string {
  const label = name.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(label) ? `_${label}` : label;
}

function labelValue(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}
