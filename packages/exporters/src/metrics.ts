import type { RequestSpan } from '@beyla/core';
import type { SemanticConventions } from './semantic-conventions.ts';

/** One metric of the semantic conventions. */
export interface MetricDefinition {
  /** OpenTelemetry name. */
  readonly name: string;
  readonly unit: 's' | 'By';
  readonly description: string;
  readonly kind: RequestSpan['kind'];
  /** Which histogram of a series. */
  readonly value: 'duration' | 'requestBodySize' | 'responseBodySize';
  /** Attributes that it has by default. */
  readonly attributes: readonly string[];
  /** Those that it has when they are selected. */
  readonly optionalAttributes: readonly string[];
}

const SERVER = ['error.type', 'server.address', 'server.port'] as const;
const HTTP = ['http.request.method', 'url.scheme', 'http.response.status_code', 'http.route', ...SERVER] as const;
const OLD_RPC = ['rpc.method', 'rpc.system', 'rpc.grpc.status_code', ...SERVER] as const;
const STABLE_RPC = ['rpc.method', 'rpc.system.name', 'rpc.response.status_code', ...SERVER] as const;

/** Everything `RedMetrics` counts, by the conventions that are wanted. */
export function metricsOf({ hasOldHttp, hasOldRpc, hasStableRpc }: SemanticConventions): readonly MetricDefinition[] {
  return [
    ...ofBothSides(httpMetrics),
    ...(hasOldHttp ? ofBothSides(oldHttpMetrics) : []),
    ...(hasOldRpc ? ofBothSides((side) => [rpcMetric(side, 'duration', OLD_RPC)]) : []),
    ...(hasStableRpc ? ofBothSides((side) => [rpcMetric(side, 'call.duration', STABLE_RPC)]) : []),
  ];
}

type Side = 'server' | 'client';

function ofBothSides(make: (side: Side) => MetricDefinition[]): MetricDefinition[] {
  return [...make('server'), ...make('client')];
}

function httpMetrics(side: Side): MetricDefinition[] {
  const name = (what: string): string => `http.${side}.${what}`;
  const common = httpCommon(side);
  return [
    {
      ...common,
      name: name('request.duration'),
      unit: 's',
      description: `Duration of HTTP ${side} requests.`,
      value: 'duration',
    },
    {
      ...common,
      name: name('request.body.size'),
      unit: 'By',
      description: `Size of HTTP ${side} request bodies.`,
      value: 'requestBodySize',
    },
    {
      ...common,
      name: name('response.body.size'),
      unit: 'By',
      description: `Size of HTTP ${side} response bodies.`,
      value: 'responseBodySize',
    },
  ];
}

/** As Beyla 1.0 has them. */
function oldHttpMetrics(side: Side): MetricDefinition[] {
  const common = httpCommon(side);
  return [
    {
      ...common,
      name: `http.${side}.duration`,
      unit: 's',
      description: `Duration of HTTP ${side} requests, by its old name.`,
      value: 'duration',
    },
    {
      ...common,
      name: `http.${side}.request.size`,
      unit: 'By',
      description: `Size of HTTP ${side} request bodies, by its old name.`,
      value: 'requestBodySize',
    },
  ];
}

function httpCommon(side: Side): Pick<MetricDefinition, 'kind' | 'attributes' | 'optionalAttributes'> {
  const optionalAttributes = side === 'server' ? ['url.path', 'client.address'] : ['url.path'];
  return { kind: `http.${side}`, attributes: HTTP, optionalAttributes };
}

function rpcMetric(side: Side, name: string, attributes: readonly string[]): MetricDefinition {
  return {
    name: `rpc.${side}.${name}`,
    unit: 's',
    description: `Duration of ${side === 'server' ? 'incoming' : 'outgoing'} remote procedure calls.`,
    kind: `grpc.${side}`,
    value: 'duration',
    attributes,
    optionalAttributes: side === 'server' ? ['client.address'] : [],
  };
}
