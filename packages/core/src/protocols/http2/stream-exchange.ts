import type { Connection } from '../../connections/connection.ts';
import { HttpExchange, type HttpExchangeError } from '../http-exchange.ts';
import type { Exchange, Role } from '../protocol.ts';
import { GRPC_DEADLINE_EXCEEDED, statusOfHttp } from './grpc.ts';
import { GRPC_STATUS_UNKNOWN, GrpcExchange } from './grpc-exchange.ts';
import type { Http2Stream, StreamKind } from './stream.ts';

/** A timer of the program began before the request was written: so much may a call that ran out of time be short of its timeout. */
const DEADLINE_SLACK_NS = 10e6;

/** What a stream that is over was, given its kind. */
export function exchangeFrom(stream: Http2Stream, isGrpc: boolean, connection: Connection, role: Role): Exchange {
  return isGrpc ? grpcFrom(stream, connection, role) : httpFrom(stream, connection, role);
}

/** Judges a stream whose content types are unknown by its form: gRPC is POST with content, answered by status 200 and trailers. */
export function kindOf(stream: Http2Stream): StreamKind {
  const { kind, method, statusCode, hasTrailers, hasMessagePrefix } = stream;
  if (kind !== 'unknown') return kind;
  if (method !== 'POST' || stream.isBodyless || hasMessagePrefix === false || stream.endsWithData) return 'http';
  if (isHttpError(statusCode)) return 'http';
  return hasTrailers ? 'grpc' : 'unknown';
}

function copyCommon(stream: Http2Stream, exchange: HttpExchange | GrpcExchange): void {
  exchange.scheme = stream.scheme;
  exchange.host = stream.authority;
  exchange.userAgent = stream.userAgent;
  exchange.traceparent = stream.traceparent;
  exchange.traceState = stream.traceState;
  exchange.pid = stream.pid;
  exchange.tid = stream.tid;
  exchange.context = stream.context;
  exchange.startNs = stream.startNs;
  exchange.startSource = stream.startSource;
  exchange.readNs = stream.readNs;
  exchange.firstByteNs = stream.firstByteNs;
  exchange.endNs = stream.endNs;
  exchange.statusCode = stream.statusCode;
  exchange.requestBodySize = stream.isRequestEnded ? stream.requestBytes : undefined;
  exchange.responseBodySize = stream.isAnswered ? stream.responseBytes : undefined;
}

function httpFrom(stream: Http2Stream, connection: Connection, role: Role): HttpExchange {
  const { target } = stream;
  const exchange = new HttpExchange(connection, role);
  exchange.protocolVersion = '2';
  exchange.method = stream.method;
  const query = target.indexOf('?');
  exchange.path = query < 0 ? target : target.slice(0, query);
  exchange.query = query < 0 ? undefined : target.slice(query + 1);
  copyCommon(stream, exchange);
  exchange.isAnswered = stream.isAnswered;
  exchange.error = stream.error as HttpExchangeError | undefined;
  return exchange;
}

function grpcFrom(stream: Http2Stream, connection: Connection, role: Role): GrpcExchange {
  const exchange = new GrpcExchange(connection, role);
  exchange.path = stream.target;
  copyCommon(stream, exchange);
  exchange.grpcStatus = stream.grpcStatus;
  exchange.error = stream.error;
  const isUnknown = exchange.grpcStatus === GRPC_STATUS_UNKNOWN;
  if (exchange.error === 'cancelled' && stream.timeoutNs > 0) {
    const tookNs = exchange.endNs - exchange.startNs;
    if (tookNs >= stream.timeoutNs - DEADLINE_SLACK_NS) {
      exchange.error = 'deadline_exceeded';
      exchange.grpcStatus = GRPC_DEADLINE_EXCEEDED;
    }
  } else if (isUnknown && role === 'client' && exchange.error === undefined && isHttpError(exchange.statusCode)) {
    exchange.grpcStatus = statusOfHttp(exchange.statusCode);
  }
  return exchange;
}

function isHttpError(statusCode: number): boolean {
  return statusCode !== 0 && statusCode !== 200;
}
