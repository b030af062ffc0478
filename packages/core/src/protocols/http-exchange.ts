import type { Connection } from '../connections/connection.ts';
import type { Role } from './protocol.ts';

/**
 * Why an exchange is not a whole request with a whole response; becomes `error.type`.
 *
 * - `connection_closed`: the connection ended before any response.
 * - `response_truncated`: it ended within the response.
 * - `cancelled`: the asking side gave the request up (HTTP/2: RST_STREAM with CANCEL).
 * - `stream_refused`: the answering side did not process it and says so (HTTP/2: REFUSED_STREAM, or GOAWAY).
 * - `stream_reset`: one side broke the stream off for another reason (HTTP/2: RST_STREAM).
 */
export type HttpExchangeError =
  | 'connection_closed'
  | 'response_truncated'
  | 'cancelled'
  | 'stream_refused'
  | 'stream_reset';

/**
 * An HTTP request with its response. Filled while its bytes come, handed over once and never changed after.
 * Times are CLOCK_MONOTONIC nanoseconds, 0 = not known.
 */
export class HttpExchange {
  readonly kind = 'http';
  readonly connection: Connection;
  readonly role: Role;
  method = '';
  /** Empty where it is not known: an HTTP/2 request on a connection older than the tracer may name it by what was said before. */
  path = '';
  query: string | undefined = undefined;
  /** `https` where the bytes were seen inside of TLS. */
  scheme: 'http' | 'https' = 'http';
  host: string | undefined = undefined;
  userAgent: string | undefined = undefined;
  traceparent: string | undefined = undefined;
  traceState: string | undefined = undefined;
  protocolVersion = '1.1';
  pid = 0;
  tid = 0;
  context = 0;
  startNs = 0;
  startSource: 'segment' | 'established' | 'read' | 'write' = 'read';
  readNs = 0;
  firstByteNs = 0;
  endNs = 0;
  /** 0 until the final response is known. */
  statusCode = 0;
  requestBodySize: number | undefined = undefined;
  responseBodySize: number | undefined = undefined;
  error: HttpExchangeError | undefined = undefined;
  /** Some of the final response was seen. */
  isAnswered = false;
  /** A response with status 1xx was seen. */
  isContinued = false;

  constructor(connection: Connection, role: Role) {
    this.connection = connection;
    this.role = role;
  }
}
