import { hostname } from 'node:os';
import type { InternalSource } from '@beyla/core';
import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { SCOPE } from '../attributes.ts';
import { hrTime } from '../metric-data.ts';
import { VERSION } from '../version.ts';
import type { InternalMetric } from './internal-metric.ts';
import { internalMetrics } from './internal-metrics.ts';

/** The library is a service of its own here: it is not one of those that are watched. */
const RESOURCE = resourceFromAttributes({
  'service.name': 'beyla',
  'service.version': VERSION,
  'service.instance.id': `${hostname()}:${process.pid}`,
  'telemetry.sdk.name': 'beyla',
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.version': VERSION,
  'host.name': hostname(),
});

/** Internal metrics in the form of the OpenTelemetry SDK: `beyla.bpf.probe.executions`; cumulative since `startMs`. */
export function internalResourceMetrics(source: InternalSource, startMs: number, nowMs: number): ResourceMetrics {
  const metrics = internalMetrics(source).map((metric) => toMetricData(metric, startMs, nowMs));
  return { resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics }] };
}

function toMetricData({ name, help, type, samples }: InternalMetric, startMs: number, nowMs: number): MetricData {
  const [startTime, endTime] = [hrTime(startMs), hrTime(nowMs)];
  const dataPoints = samples.map(([attributes, value]) => ({
    startTime,
    endTime,
    attributes: { ...attributes },
    value,
  }));
  const common = {
    descriptor: {
      name: `beyla.${name.replaceAll('_', '.')}`,
      description: help,
      unit: unitOf(name),
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints,
  };
  if (type === 'counter') return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true };
  return { ...common, dataPointType: DataPointType.GAUGE };
}

function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's';
  return name.endsWith('_bytes') ? 'By' : '';
}
