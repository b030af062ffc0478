import {
  type IExportMetricsServiceResponse,
  type ISerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { addExemplars } from './exemplary-json.ts';
import { isExemplary, splitByExemplars } from './exemplary-metrics.ts';
import { encodeExemplary } from './exemplary-protobuf.ts';
import type { OtlpProtocol } from './options.ts';

/** What a receiver says when it took a request but not all of it (OTLP 1.x, "Partial Success"). */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** Makes the body of a request, and reads that of the answer; may throw on what it cannot read. */
export interface Codec<T> {
  encode(items: T): Uint8Array | undefined;
  partialSuccess(body: Uint8Array): PartialSuccess | undefined;
}

function isJson(protocol: OtlpProtocol): boolean {
  return protocol === 'http/json' || protocol === 'debug';
}

export function traceCodec(protocol: OtlpProtocol): Codec<ReadableSpan[]> {
  const serializer = isJson(protocol) ? JsonTraceSerializer : ProtobufTraceSerializer;
  return codec(serializer, ({ partialSuccess }) =>
    partialOf(partialSuccess?.rejectedSpans, partialSuccess?.errorMessage),
  );
}

export function metricCodec(protocol: OtlpProtocol): Codec<ResourceMetrics> {
  const serializer = isJson(protocol) ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const official = codec<ResourceMetrics, IExportMetricsServiceResponse>(serializer, ({ partialSuccess }) =>
    partialOf(partialSuccess?.rejectedDataPoints, partialSuccess?.errorMessage),
  );
  const encode = isJson(protocol) ? encodeJson : encodeProtobuf;
  return { ...official, encode: (metrics) => encode(metrics, official.encode) };
}

type Encode = Codec<ResourceMetrics>['encode'];

function encodeJson(metrics: ResourceMetrics, official: Encode): Uint8Array | undefined {
  const body = official(metrics);
  const hasExemplars = metrics.scopeMetrics.some((scope) => scope.metrics.some(isExemplary));
  return body === undefined || !hasExemplars ? body : addExemplars(body, metrics);
}

/** Two requests one after the other are one: their only field is repeated. */
function encodeProtobuf(metrics: ResourceMetrics, official: Encode): Uint8Array | undefined {
  const { plain, exemplary } = splitByExemplars(metrics);
  if (exemplary.scopeMetrics.length === 0) return official(metrics);
  const parts = [encodeExemplary(exemplary)];
  if (plain.scopeMetrics.length > 0) {
    const body = official(plain);
    if (body === undefined) return undefined;
    parts.unshift(body);
  }
  return Buffer.concat(parts);
}

function codec<T, R>(serializer: ISerializer<T, R>, read: (response: R) => PartialSuccess): Codec<T> {
  return {
    encode: (items) => serializer.serializeRequest(items),
    partialSuccess: (body) => (body.length === 0 ? undefined : read(serializer.deserializeResponse(body))),
  };
}

/** In JSON 64-bit numbers are texts. */
function partialOf(rejected: number | string | undefined, message: string | undefined): PartialSuccess {
  return { rejected: Math.max(0, Number(rejected) || 0), message: message ?? '' };
}
