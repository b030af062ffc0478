import { type AttributeSet, resourceAttributes } from '../attributes.ts';
import type { HistogramSnapshot, MetricSnapshot, ServiceMetrics } from '../service-metrics.ts';

/** Media type of the text exposition format. */
export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

const UNIT_SUFFIXES: Readonly<Record<MetricSnapshot['unit'], string>> = { s: '_seconds', By: '_bytes' };

/** OpenTelemetry name to Prometheus name: dots become underscores and the unit is spelled out at the end. */
export function prometheusName(name: string, unit: MetricSnapshot['unit']): string {
  return `${name.replace(/[^a-zA-Z0-9_:]/g, '_')}${UNIT_SUFFIXES[unit]}`;
}

/**
 * Writes metrics in Prometheus' text format 0.0.4.
 *
 * Every series carries `service_name`, `service_namespace`, `instance` (the service instance id) and `job`
 * (`namespace/name`, or the name); each process has a `target_info`. Label strings are made once per series.
 */
export class TextFormat {
  readonly #seriesLabels = new WeakMap<Readonly<AttributeSet>, string>();
  readonly #serviceLabels = new WeakMap<ServiceMetrics, string>();

  /** The page in pieces of about 64 KiB, so that the reader can let other work run in between. */
  *write(services: readonly ServiceMetrics[]): Generator<string> {
    let piece = targetInfo(services);
    for (const [name, parts] of families(services)) {
      for (const [i, { service, metric }] of parts.entries()) {
        if (i === 0) piece += header(name, metric.description, 'histogram');
        const common = this.#labelsOfService(service);
        for (const point of metric.points) {
          piece += histogramLines(name, this.#labelsOfSeries(point.attributes, common), point.histogram);
          if (piece.length < PIECE_CHARS) continue;
          yield piece;
          piece = '';
        }
      }
    }
    if (piece !== '') yield piece;
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

function targetInfo(services: readonly ServiceMetrics[]): string {
  const running = services.filter((service) => !service.ended);
  if (running.length === 0) return '';
  const lines = running.map((service) => {
    const labels = labelPairs({ ...resourceAttributes(service.process), ...scrapeIdentity(service) });
    return `target_info{${labels}} 1\n`;
  });
  return header('target_info', 'What is known of each observed process.', 'gauge') + lines.join('');
}

function header(name: string, help: string, type: 'gauge' | 'histogram'): string {
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
}

function histogramLines(name: string, labels: string, histogram: HistogramSnapshot): string {
  let lines = '';
  let cumulative = 0;
  for (const [i, boundary] of histogram.boundaries.entries()) {
    cumulative += histogram.counts[i] as number;
    lines += `${name}_bucket{${labels},le="${boundary}"} ${cumulative}\n`;
  }
  return (
    `${lines}${name}_bucket{${labels},le="+Inf"} ${histogram.count}\n` +
    `${name}_sum{${labels}} ${histogram.sum}\n${name}_count{${labels}} ${histogram.count}\n`
  );
}

function labelPairs(attributes: Readonly<AttributeSet>): string {
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
