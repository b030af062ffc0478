import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { BeylaError } from '@beyla/core';
import { diag } from '@opentelemetry/api';

/**
 * Certificate and key of a server, in PEM.
 *
 * @public
 */
export interface ServerTls {
  cert: string | Buffer;
  key: string | Buffer;
}

/**
 * A server that does not keep the event loop alive; not yet listening.
 *
 * @throws BeylaError `INVALID_OPTION` for a certificate or key that cannot be used.
 */
export function createMetricsServer(tls: ServerTls | undefined, listener: RequestListener): Server {
  const server = tls === undefined ? createServer(listener) : tlsServer(tls, listener);
  server.unref();
  // An accept that fails (no file descriptors left) must not become an uncaught exception of the host.
  server.on('error', (error) => diag.debug('prometheus: the server reported an error', error));
  server.on('connection', (socket) => socket.unref());
  return server;
}

function tlsServer({ cert, key }: ServerTls, listener: RequestListener): Server {
  try {
    return createTlsServer({ cert, key }, listener);
  } catch (cause) {
    const message = `prometheus tls: ${(cause as Error).message}`;
    throw new BeylaError('INVALID_OPTION', message, {
      cause,
      cure: 'Give `cert` and `key` in PEM that belong together.',
    });
  }
}
