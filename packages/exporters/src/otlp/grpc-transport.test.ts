import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aSpan } from '../../../core/src/testing/span.ts';
import { OtlpTraceExporter, type OtlpTraceExporterOptions } from './otlp-trace-exporter.ts';

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

interface Call {
  readonly path: unknown;
  readonly headers: Record<string, unknown>;
  readonly message: Buffer;
}

/** A gRPC server of one unary method, whose answers the test gives. */
class GrpcSink {
  readonly calls: Call[] = [];
  readonly sessions = new Set<ServerHttp2Session>();
  answer: (stream: ServerHttp2Stream) => void = (stream) => accept(stream);
  readonly #server: Http2Server = createServer();

  constructor() {
    this.#server.on('session', (session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
      session.on('error', () => undefined);
    });
    this.#server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const frame = Buffer.concat(chunks);
        expect(frame.readUInt32BE(1)).toBe(frame.length - 5);
        const content = frame.subarray(5);
        this.calls.push({ path: headers[':path'], headers, message: frame[0] === 1 ? gunzipSync(content) : content });
        this.answer(stream);
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const session of this.sessions) session.destroy();
    await closed;
  }
}

/** Status OK with a message, in one frame. */
function accept(stream: ServerHttp2Stream, message: Buffer = Buffer.alloc(0)): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  stream.end(frame);
}

/** A failure as headers alone. */
function fail(stream: ServerHttp2Stream, status: number, message = ''): void {
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': status,
    'grpc-message': message,
  };
  stream.respond(headers, { endStream: true });
}

let sink: GrpcSink;

beforeEach(async () => {
  sink = new GrpcSink();
  await sink.start();
});

afterEach(async () => {
  await sink.close();
});

function anExporter(options: OtlpTraceExporterOptions = {}): OtlpTraceExporter {
  return new OtlpTraceExporter({ endpoint: sink.endpoint, protocol: 'grpc', retryInitialDelayMs: 10, ...options });
}

describe('OtlpTraceExporter over gRPC', () => {
  it('calls the method with deadline and headers, on one connection that ends with it', async () => {
    const exporter = anExporter({ headers: { 'X-Tenant': 'blue' }, timeoutMs: 5_000, compression: 'gzip' });
    for (let i = 0; i < 3; i += 1) {
      exporter.export([aSpan({ route: '/users/:id' })]);
      await exporter.flush();
    }
    expect(sink.sessions.size).toBe(1);
    expect(sink.calls).toHaveLength(3);
    expect(sink.calls[0]).toMatchObject({
      path: METHOD,
      headers: { te: 'trailers', 'content-type': 'application/grpc', 'grpc-timeout': '5000m', 'x-tenant': 'blue' },
    });
    expect(sink.calls[0]?.message.includes('GET /users/:id')).toBe(true);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ exported: 3, retries: 0 });
    await vi.waitFor(() => expect(sink.sessions.size).toBe(0));
  });

  it('counts what a receiver rejects of a batch', async () => {
    sink.answer = (stream) => accept(stream, Buffer.from([0x0a, 6, 0x08, 2, 0x12, 2, 0x6e, 0x6f]));
    const exporter = anExporter();
    exporter.export([aSpan(), aSpan(), aSpan()]);
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ exported: 1, 'dropped.rejected': 2 });
  });

  it.each([
    ['UNAVAILABLE', (stream: ServerHttp2Stream) => fail(stream, 14, 'later')],
    ['an answer of a proxy', (stream: ServerHttp2Stream) => stream.respond({ ':status': 503 }, { endStream: true })],
    ['a reset stream', (stream: ServerHttp2Stream) => stream.close(7)],
    ['a lost connection', (stream: ServerHttp2Stream) => stream.session?.destroy()],
    ['a connection that is shut down', (stream: ServerHttp2Stream) => stream.session?.goaway(0, 0)],
  ])('tries again after %s', async (_, trouble) => {
    sink.answer = (stream) => {
      sink.answer = (later) => accept(later);
      trouble(stream);
    };
    const exporter = anExporter({ timeoutMs: 500 });
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exported: 1, retries: 1, 'dropped.export_failed': 0 });
    await exporter.close();
  });

  it('makes a new connection after one that went silent', async () => {
    sink.answer = () => {
      sink.answer = (later) => accept(later);
    };
    const exporter = anExporter({ timeoutMs: 50 });
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(exporter.stats()).toMatchObject({ exported: 1, retries: 1 });
    await exporter.close();
  });

  it('does not try again what is refused, and says why', async () => {
    sink.answer = (stream) => fail(stream, 16, 'no%20token');
    const exporter = anExporter();
    await exporter.start();
    exporter.export([aSpan()]);
    await exporter.flush();
    expect(sink.calls).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ exported: 0, 'dropped.export_failed': 1 });
    expect(exporter.health().messages).toEqual([expect.stringContaining('UNAUTHENTICATED: no token')]);
    await exporter.close();
  });

  it.each([
    ['of Go', 8, 'grpc: received message larger than max (5000000 vs. 4194304)'],
    ['of Java', 8, 'gRPC message exceeds maximum size 4194304: 5000000'],
    ['of Rust', 11, 'Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes'],
  ])('halves what is too large for a receiver %s', async (_, status, message) => {
    sink.answer = (stream) => {
      if ((sink.calls.at(-1)?.message.length ?? 0) > 10_000) fail(stream, status, message);
      else accept(stream);
    };
    const exporter = anExporter();
    exporter.export(Array.from({ length: 60 }, (_, i) => aSpan({ path: `/${'x'.repeat(i === 7 ? 4_000 : 400)}` })));
    await exporter.close();
    expect(exporter.stats()).toMatchObject({ exported: 60, retries: 0, 'dropped.export_failed': 0 });
  });
});
