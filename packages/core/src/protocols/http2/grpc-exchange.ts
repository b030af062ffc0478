import type { Connection } from '../../connections/connection.ts';
import type { HttpExchangeError } from '../http-exchange.ts';
import type { Role } from '../protocol.ts';

/** `deadline_exceeded`: the call was cancelled when the time was over that its `grpc-timeout` allows. The others: as in HTTP. */
export type GrpcExchangeError = HttpExchangeError | 'deadline_exceeded';

/** The status is not known. */
export const GRPC_STATUS_UNKNOWN = -1;

/**
 * A gRPC call: an HTTP/2 stream whose content type is `application/grpc` or `application/grpc+…`, unary or streaming. Handed over once and
 * never changed after. Times are CLOCK_MONOTONIC nanoseconds, 0 = not known.
 */
export class GrpcExchange {
  readonly kind = 'grpc';
  readonly connection: Connection;
  readonly role: Role;
  /** `/package.Service/Method`; empty where it is not known (see `HttpExchange.path`). */
  path = '';
  /** `https` where the bytes were seen inside of TLS. */
  scheme: 'http' | 'https' = 'http';
  /** `:authority`. */
  host: string | undefined = undefined;
  userAgent: string | undefined = undefined;
  traceparent: string | undefined = undefined;
  traceState: string | undefined = undefined;
  pid = 0;
  tid = 0;
  context = 0;
  startNs = 0;
  startSource: 'segment' | 'established' | 'read' | 'write' = 'read';
  readNs = 0;
  firstByteNs = 0;
  endNs = 0;
  /** HTTP `:status`; 0 where no response came. */
  statusCode = 0;
  /**
   * `grpc-status` as sent, or what gRPC over HTTP/2 makes of a stream that ends without one; `GRPC_STATUS_UNKNOWN` where neither is known.
   */
  grpcStatus: number = GRPC_STATUS_UNKNOWN;
  /** Bytes of all messages with their 5-byte prefixes. */
  requestBodySize: number | undefined = undefined;
  responseBodySize: number | undefined = undefined;
  error: GrpcExchangeError | undefined = undefined;

  constructor(connection: Connection, role: Role) {
    this.connection = connection;
    this.role = role;
  }
}
