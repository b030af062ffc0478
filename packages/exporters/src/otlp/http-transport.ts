import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { VERSION } from '../version.ts';
import { errorMessage } from './error-message.ts';
import type { OtlpConfig } from './otlp-config.ts';
import { type Answer, broken, MAX_ANSWER_BYTES, refused, retryable, type Transport } from './transport.ts';

const compress = promisify(gzip);
/** OTLP 1.x, "Failures": these may be tried again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

type Http = Pick<typeof import('node:https'), 'request'> & { Agent: new (options: AgentOptions) => Agent };

/** OTLP over HTTP/1.1, on kept connections. */
export class HttpTransport implements Transport {
  readonly #config: OtlpConfig;
  readonly #contentType: string;
  readonly #requests = new Set<ClientRequest>();
  #http: Promise<Http> | undefined;
  #agent: Agent | undefined;
  #closed = false;

  constructor(config: OtlpConfig) {
    this.#config = config;
    this.#contentType = config.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  }

  async send(body: Uint8Array): Promise<Answer> {
    // Loaded only now, so that a host may still instrument it.
    this.#http ??=
      this.#config.url.protocol === 'https:' ? import('node:https') : (import('node:http') as Promise<Http>);
    const http = await this.#http;
    const content = this.#config.gzip ? await compress(body) : body;
    if (this.#closed) return refused('closed', 'the exporter is closed');
    this.#agent ??= new http.Agent({ keepAlive: true, ...this.#config.tls });
    const { url, headers, socketPath } = this.#config;
    return new Promise((resolve) => {
      const request = http.request(url, {
        method: 'POST',
        agent: this.#agent,
        ...(socketPath !== undefined && { socketPath }),
        headers: {
          'user-agent': `beyla-for-node/${VERSION}`,
          ...headers,
          'content-type': this.#contentType,
          'content-length': content.length,
          ...(this.#config.gzip && { 'content-encoding': 'gzip' }),
        },
      });
      this.#track(request, resolve);
      request.on('response', (response) => readAnswer(response, resolve));
      request.end(content);
    });
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#requests) request.destroy(new Error('the exporter is closed'));
    this.#agent?.destroy();
  }

  #track(request: ClientRequest, resolve: (answer: Answer) => void): void {
    const { timeoutMs, place } = this.#config;
    const timer = setTimeout(() => request.destroy(timeoutError(timeoutMs)), timeoutMs);
    timer.unref();
    this.#requests.add(request);
    // The agent takes a reference for each request; ours would keep a host alive that is done.
    request.on('socket', (socket) => socket.unref());
    request.on('error', (error) => resolve(broken(error, place)));
    request.on('close', () => {
      clearTimeout(timer);
      this.#requests.delete(request);
      // After an answer this says nothing new.
      resolve(retryable('connection', `the connection to ${place} ended before the answer`));
    });
  }
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'timeout' });
}

function readAnswer(response: IncomingMessage, resolve: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_ANSWER_BYTES) chunks.push(chunk);
  });
  response.on('end', () => resolve(answerOf(response, Buffer.concat(chunks))));
  // The request's own `close` follows and answers for both.
  response.on('error', () => undefined);
}

function answerOf(response: IncomingMessage, body: Buffer): Answer {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { kind: 'accepted', body };
  const words = errorMessage(body, response.headers['content-type'] ?? '');
  const message = `${status} ${response.statusMessage ?? ''}${words === '' ? '' : `: ${words}`}`;
  const code = `http_${status}`;
  if (RETRYABLE.has(status)) return retryable(code, message, retryAfterMs(response.headers['retry-after']));
  return refused(code, message);
}

/** `Retry-After` as seconds or as a date (RFC 9110 §10.2.3); undefined where there is none or it cannot be read. */
export function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}
