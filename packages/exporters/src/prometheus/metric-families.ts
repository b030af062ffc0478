import { type AttributeSet, resourceAttributes } from '../attributes.ts';
import type { MetricSnapshot, ServiceMetrics } from '../service-metrics.ts';
import { VERSION } from '../version.ts';

const UNIT_SUFFIXES: Readonly<Record<MetricSnapshot['unit'], string>> = { s: '_seconds', By: '_bytes', '': '' };

/** A metric of one service. */
export interface FamilyPart {
  readonly service: ServiceMetrics;
  readonly metric: MetricSnapshot;
}

/** What a unit adds to the name of a metric. */
export function unitSuffix(unit: MetricSnapshot['unit']): string {
  return UNIT_SUFFIXES[unit];
}

/** OpenTelemetry name to Prometheus name: dots become underscores and the unit is spelled out at the end. */
export function prometheusName(name: string, unit: MetricSnapshot['unit']): string {
  return `${name.replace(/[^a-zA-Z0-9_:]/g, '_')}${UNIT_SUFFIXES[unit]}`;
}

/** By name: the formats want all series of a metric together. */
export function metricFamilies(services: readonly ServiceMetrics[]): Map<string, FamilyPart[]> {
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

/** Labels of every series of a service. */
export function serviceLabels(service: ServiceMetrics): AttributeSet {
  const { name, namespace } = service.process.service;
  const identity: AttributeSet = { service_name: name };
  if (namespace !== '') identity['service_namespace'] = namespace;
  return { ...identity, ...scrapeIdentity(service) };
}

/** What `target_info` says of each service that has not ended. */
export function targetLabels(services: readonly ServiceMetrics[]): AttributeSet[] {
  return services
    .filter((service) => !service.ended)
    .map((service) => ({ ...resourceAttributes(service.process), ...scrapeIdentity(service) }));
}

/** What `beyla_build_info` says: one series for each language of the services that have not ended, as Beyla has it. */
export function buildLabels(services: readonly ServiceMetrics[]): AttributeSet[] {
  const languages = new Set(services.filter(({ ended }) => !ended).map(({ process }) => process.language));
  return [...languages].map((language) => ({ version: VERSION, target_lang: language }));
}

export const BUILD_INFO_HELP = 'Version of the observer, for each language of the observed processes.';

export const TARGET_INFO_HELP = 'What is known of each observed process.';

/** The labels by which Prometheus' own data model knows a service instance. */
function scrapeIdentity(service: ServiceMetrics): AttributeSet {
  const { name, namespace, instanceId } = service.process.service;
  return { instance: instanceId, job: namespace === '' ? name : `${namespace}/${name}` };
}
