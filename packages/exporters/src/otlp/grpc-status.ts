import { grpcStatusName } from '../grpc.ts';
import { isTooLarge } from '../otel-sdk/is-too-large.ts';
import { bytesField, numberField, protobufFields } from './protobuf-fields.ts';
import { type Answer, refused, retryable } from './transport.ts';

const RESOURCE_EXHAUSTED = 8;
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS (OTLP 1.x, "OTLP/gRPC Response", failures). */
const RETRYABLE: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
/** gRPC, "HTTP to gRPC status code mapping": an answer of a proxy that means UNAVAILABLE. */
const HTTP_UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The headers, or trailers, that end a call. */
export type GrpcHeaders = Readonly<Record<string, string | readonly string[] | number | undefined>>;

/** What a call that did not end with OK means; RESOURCE_EXHAUSTED may be tried again only where the receiver says when. */
export function grpcFailure(status: number, trailers: GrpcHeaders): Answer {
  const words = decoded(String(trailers['grpc-message'] ?? ''));
  const name = grpcStatusName(status);
  const message = `${name}${words === '' ? '' : `: ${words}`}`;
  const delayMs = retryInfoMs(trailers['grpc-status-details-bin']);
  const code = `grpc_${name}`;
  const refusal = refused(code, message);
  // tonic says so with OUT_OF_RANGE, which else may be tried again.
  if (isTooLarge(refusal.error)) return refusal;
  const mayRetry = RETRYABLE.has(status) || (status === RESOURCE_EXHAUSTED && delayMs !== undefined);
  return mayRetry ? retryable(code, message, delayMs) : refusal;
}

/** An answer without a gRPC status: not from a gRPC server. */
export function httpFailure(httpStatus: number): Answer {
  const message = `HTTP status ${httpStatus} without a gRPC status`;
  const code = `http_${httpStatus}`;
  return HTTP_UNAVAILABLE.has(httpStatus) ? retryable(code, message) : refused(code, message);
}

/** `google.rpc.RetryInfo` among the details of `google.rpc.Status`, in base64; undefined where there is none. */
export function retryInfoMs(header: GrpcHeaders[string]): number | undefined {
  if (typeof header !== 'string') return undefined;
  for (const { number, value } of protobufFields(Buffer.from(header, 'base64'))) {
    if (number !== 3 || typeof value === 'number') continue;
    const detail = protobufFields(value);
    const type = new TextDecoder().decode(bytesField(detail, 1));
    if (!type.endsWith('google.rpc.RetryInfo')) continue;
    const info = protobufFields(bytesField(detail, 2) ?? new Uint8Array());
    const delay = protobufFields(bytesField(info, 1) ?? new Uint8Array());
    return numberField(delay, 1) * 1_000 + numberField(delay, 2) / 1e6;
  }
  return undefined;
}

/** `grpc-message` is percent-encoded. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
