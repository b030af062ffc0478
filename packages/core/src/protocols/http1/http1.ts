import type { Connection } from '../../connections/connection.ts';
import type { ProtocolConnection, ProtocolHost, ProtocolParser } from '../protocol.ts';
import { detectHttp1 } from './detect.ts';
import { Http1Connection } from './http1-connection.ts';

/** HTTP/1.0 and HTTP/1.1 (RFC 9112), as server and as client. */
export const http1: ProtocolParser = {
  name: 'http1',
  detect: detectHttp1,
  open(connection: Connection, host: ProtocolHost): ProtocolConnection {
    return new Http1Connection(connection, host);
  },
};
