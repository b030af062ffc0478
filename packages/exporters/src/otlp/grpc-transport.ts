import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { VERSION } from '../version.ts';
import { type GrpcHeaders, grpcFailure, httpFailure } from './grpc-status.ts';
import type { OtlpConfig } from './otlp-config.ts';
import { type Answer, broken, MAX_ANSWER_BYTES, refused, retryable, type Transport } from './transport.ts';

const compress = promisify(gzip);
/** A flag and the length come before each message. */
const PREFIX_BYTES = 5;

/**
 * OTLP over gRPC: unary calls on one HTTP/2 connection, made anew when it ended.
 *
 * Ours over `node:http2`, because `@grpc/grpc-js` and its exporter bring 34 packages and 13 MB for one kind of unary call.
 */
export class GrpcTransport implements Transport {
  readonly #config: OtlpConfig;
  readonly #headers: OutgoingHttpHeaders;
  #session: ClientHttp2Session | undefined;
  #closed = false;

  constructor(config: OtlpConfig) {
    this.#config = config;
    this.#headers = {
      'user-agent': `beyla-for-node/${VERSION}`,
      ...config.headers,
      ':method': 'POST',
      ':path': config.url.pathname,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.ceil(config.timeoutMs)}m`,
      'grpc-accept-encoding': 'identity',
      ...(config.gzip && { 'grpc-encoding': 'gzip' }),
    };
  }

  async send(body: Uint8Array): Promise<Answer> {
    const [http2, net] = await Promise.all([import('node:http2'), import('node:net')]);
    const frame = framed(this.#config.gzip ? await compress(body) : body, this.#config.gzip);
    if (this.#closed) return refused('closed', 'the exporter is closed');
    const session = this.#connected(http2, net);
    return new Promise((resolve) => {
      const stream = session.request(this.#headers);
      const timer = setTimeout(() => {
        resolve(
          retryable('timeout', `no connection to ${this.#config.place}: no answer within ${this.#config.timeoutMs} ms`),
        );
        // The connection may be dead without either side knowing; the next call makes a new one.
        session.destroy();
      }, this.#config.timeoutMs);
      timer.unref();
      stream.on('close', () => clearTimeout(timer));
      stream.on('error', (error) => resolve(broken(error, this.#config.place)));
      readAnswer(stream, resolve);
      stream.end(frame);
    });
  }

  close(): void {
    this.#closed = true;
    this.#session?.destroy();
  }

  #connected(http2: typeof import('node:http2'), net: typeof import('node:net')): ClientHttp2Session {
    const current = this.#session;
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    const { url, tls, socketPath } = this.#config;
    const session = http2.connect(url.origin, {
      ...tls,
      ...(socketPath !== undefined && { createConnection: () => net.connect(socketPath) }),
    });
    session.unref();
    // Each stream gets the error, too, and answers for it.
    session.on('error', () => undefined);
    this.#session = session;
    return session;
  }
}

function framed(message: Uint8Array, compressed: boolean): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.writeUInt8(compressed ? 1 : 0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function readAnswer(stream: ClientHttp2Stream, resolve: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let head: GrpcHeaders = {};
  let trailers: GrpcHeaders = {};
  stream.on('response', (headers) => {
    head = headers;
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_ANSWER_BYTES) chunks.push(chunk);
  });
  stream.on('close', () => resolve(answerOf(head, trailers, Buffer.concat(chunks))));
}

function answerOf(head: GrpcHeaders, trailers: GrpcHeaders, body: Buffer): Answer {
  // A failure may come as headers alone ("Trailers-Only").
  const end = trailers['grpc-status'] === undefined ? head : trailers;
  const status = end['grpc-status'];
  if (status === undefined) {
    const httpStatus = Number(head[':status']);
    if (httpStatus > 0 && httpStatus !== 200) return httpFailure(httpStatus);
    return retryable('connection', 'the connection ended before the answer');
  }
  if (Number(status) !== 0) return grpcFailure(Number(status), end);
  // A compressed message was not asked for; its content is of no need.
  const isPlain = body[0] === 0 && body.length >= PREFIX_BYTES;
  return { kind: 'accepted', body: isPlain ? body.subarray(PREFIX_BYTES) : new Uint8Array() };
}
