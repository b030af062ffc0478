import { type GrpcRequestSpan, isServerSpan } from '@beyla/core';

/** Names of the status codes, by number (gRPC, doc/statuscodes.md). */
const STATUS_NAMES: readonly string[] = (
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED ' +
  'FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'
).split(' ');

/** Those that are a failure of the server, not of what it was asked (gRPC semantic conventions, span status). */
const SERVER_FAILURES: ReadonlySet<string> = new Set(
  'UNKNOWN DEADLINE_EXCEEDED UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS'.split(' '),
);

/** Of a gRPC response, whatever became of the call. */
const HTTP_OK = 200;

/** `package.Service/Method`; undefined where the path is not known. */
export function grpcMethod({ service, method, path }: GrpcRequestSpan): string | undefined {
  if (path === '') return undefined;
  return service === '' ? method : `${service}/${method}`;
}

/** `NOT_FOUND`; the number where it has no name. */
export function grpcStatusName(status: number): string {
  return STATUS_NAMES[status] ?? String(status);
}

/**
 * `error.type`: the name of the status where it is a failure of this side; without a status what the protocol stage says, else the HTTP
 * status where it is not 200, else `_OTHER` where no response came. A server whose client gave up has not failed.
 */
export function grpcErrorType(span: GrpcRequestSpan): string | undefined {
  const { grpcStatus, httpStatusCode, errorType } = span;
  const isServer = isServerSpan(span);
  if (grpcStatus !== undefined) {
    const name = grpcStatusName(grpcStatus);
    const isFailure = isServer ? SERVER_FAILURES.has(name) : grpcStatus !== 0;
    return isFailure ? name : undefined;
  }
  if (errorType !== undefined) return isServer && errorType === 'cancelled' ? undefined : errorType;
  if (httpStatusCode === undefined) return '_OTHER';
  return httpStatusCode === HTTP_OK ? undefined : String(httpStatusCode);
}
