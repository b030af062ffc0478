import type { Connection } from '../../connections/connection.ts';
import type { Role } from '../protocol.ts';

/** Why an exchange is not a whole request with a whole response; becomes `error.type`. */
export type HttpExchangeError = 'connection_closed' | 'response_truncated';

/**
 * An HTTP/1 request with its response. Filled while its bytes come, handed over once and never changed after.
 * Times are CLOCK_MONOTONIC nanoseconds, 0 = not known.
 *
 * `connection_closed`: the connection ended before any response. `response_truncated`: it ended within the response.
 */
export class HttpExchange {
  readonly kind = 'http';
  readonly connection: Connection;
  readonly role: Role;
  method = '';
  path = '';
  query: string | undefined = undefined;
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
