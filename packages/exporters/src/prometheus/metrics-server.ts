import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
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

/** Whoever connects has this long to say what they want; scrapers do so at once. */
const TIMEOUTS: ServerOptions = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/**
 * A server that does not keep the event loop alive; not yet listening.
 *
 * @throws BeylaError `INVALID_OPTION` for a certificate or key that cannot be used.
 */
export function createMetricsServer(tls: ServerTls | undefined, listener: RequestListener): Server {
  const answer: RequestListener = (request, response) => {
    // Of what came in one piece with the request for which the connection was closed.
    if (!request.socket.destroyed) listener(request, response);
  };
  const server = tls === undefined ? createServer(TIMEOUTS, answer) : tlsServer(tls, answer);
  server.unref();
  // An accept that fails (no file descriptors left) must not become an uncaught exception of the host.
  server.on('error', (error) => diag.debug('prometheus: the server reported an error', error));
  server.on('connection', (socket) => socket.unref());
  return server;
}

function tlsServer({ cert, key }: ServerTls, listener: RequestListener): Server {
  try {
    return createTlsServer({ ...TIMEOUTS, handshakeTimeout: 5_000, cert, key }, listener);
  } catch (cause) {
    const message = `prometheus tls: ${(cause as Error).message}`;
    throw new BeylaError('INVALID_OPTION', message, {
      cause,
      cure: 'Give `cert` and `key` in PEM that belong together.',
    });
  }
}
