import type { Connection } from '../../connections/connection.ts';
import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { ProtocolConnection, ProtocolHost, ProtocolParser } from '../protocol.ts';
import { beginsWithPreface, detectHttp2 } from './detect.ts';
import { Http2Connection, type Http2Start } from './http2-connection.ts';

/** HTTP/2 (RFC 9113) with prior knowledge or by ALPN, as server and as client, and gRPC over it. */
export const http2: ProtocolParser = {
  name: 'http2',
  isDuplex: true,
  detect: detectHttp2,
  open(connection: Connection, host: ProtocolHost, first: Turn): ProtocolConnection {
    const start = startOf(first);
    const isMidstream = (first.flags & RECORD_FLAG.MIDSTREAM) !== 0 || connection.isReturning;
    const isBeginningLost = start.requestDirection === undefined && !isMidstream;
    return new Http2Connection(connection, host, { ...start, isBeginningLost });
  },
};

/** Where HTTP/2 begins on a connection, by the turn or piece that was recognised. */
export function startOf({ data, prefixStart, prefixEnd, direction, offsetBytes }: Turn): Http2Start {
  if (!beginsWithPreface(data, prefixStart, prefixEnd)) {
    return { requestDirection: undefined, offsets: [undefined, undefined] };
  }
  // Behind something else, the other side's beginning is not known.
  const offsets = offsetBytes === 0 ? [0, 0] : [undefined, undefined];
  offsets[direction] = offsetBytes;
  return { requestDirection: direction, offsets };
}
