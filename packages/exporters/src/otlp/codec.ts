import {
  type ISerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
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

export function traceCodec(protocol: OtlpProtocol): Codec<ReadableSpan[]> {
  const serializer = protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  return codec(serializer, ({ partialSuccess }) =>
    partialOf(partialSuccess?.rejectedSpans, partialSuccess?.errorMessage),
  );
}

export function metricCodec(protocol: OtlpProtocol): Codec<ResourceMetrics> {
  const serializer = protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  return codec(serializer, ({ partialSuccess }) =>
    partialOf(partialSuccess?.rejectedDataPoints, partialSuccess?.errorMessage),
  );
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
