import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { exemplarsOf } from './exemplary-metrics.ts';
import { nanoseconds } from './exemplary-protobuf.ts';

interface JsonMetric {
  readonly histogram?: { readonly dataPoints: Record<string, unknown>[] };
  readonly exponentialHistogram?: { readonly dataPoints: Record<string, unknown>[] };
}

interface JsonRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly JsonMetric[] }[];
  }[];
}

/** A request in OTLP's JSON form as the official serializer made it, with the exemplars that it leaves out. */
export function addExemplars(body: Uint8Array, { scopeMetrics }: ResourceMetrics): Uint8Array {
  const request = JSON.parse(new TextDecoder().decode(body)) as JsonRequest;
  for (const [i, scope] of scopeMetrics.entries()) {
    for (const [j, { dataPoints }] of scope.metrics.entries()) {
      const metric = request.resourceMetrics[0]?.scopeMetrics[i]?.metrics[j];
      const points = (metric?.histogram ?? metric?.exponentialHistogram)?.dataPoints ?? [];
      for (const [k, point] of dataPoints.entries()) {
        const exemplars = exemplarsOf(point).map(({ value, timestamp, spanId, traceId }) => ({
          timeUnixNano: String(nanoseconds(timestamp)),
          asDouble: value,
          spanId,
          traceId,
        }));
        const target = points[k];
        if (target !== undefined && exemplars.length > 0) target['exemplars'] = exemplars;
      }
    }
  }
  return new TextEncoder().encode(JSON.stringify(request));
}
