import type { HttpExchange } from '../http-exchange.ts';
import { Http2Stream } from './stream.ts';

/** The stream that a request of HTTP/1 becomes when HTTP/2 answers it (RFC 7540 §3.2): number 1, its request being over. */
export function streamOfUpgrade(request: HttpExchange): Http2Stream {
  const stream = new Http2Stream(1);
  stream.kind = 'http';
  stream.isRequested = true;
  stream.isRequestEnded = true;
  stream.method = request.method;
  stream.target = request.query === undefined ? request.path : `${request.path}?${request.query}`;
  stream.authority = request.host;
  stream.userAgent = request.userAgent;
  stream.traceparent = request.traceparent;
  stream.traceState = request.traceState;
  stream.scheme = request.scheme;
  stream.pid = request.pid;
  stream.tid = request.tid;
  stream.context = request.context;
  stream.startNs = request.startNs;
  stream.startSource = request.startSource;
  stream.readNs = request.readNs;
  stream.requestBytes = request.requestBodySize;
  return stream;
}
