import { createServer as createHttpServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/**
 * The parts of OTLP 1.x that the tests look at, written down from the specification's tables of fields, independent of the
 * encoder under test.
 */
const PROTO = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Status { string message = 2; int32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15;
  fixed32 flags = 16;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message TraceRequest { repeated ResourceSpans resource_spans = 1; }
message HistogramPoint {
  repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4;
  double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; double min = 11; double max = 12;
}
message HistogramData { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; HistogramData histogram = 9; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message MetricRequest { repeated ResourceMetrics resource_metrics = 1; }
`;

const root = protobuf.parse(PROTO, { keepCase: false }).root;

export type Attributes = Record<string, string | number | boolean>;

export interface SinkSpan {
  resource: Attributes;
  scope: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  status: number;
  attributes: Attributes;
}

export interface SinkPoint {
  resource: Attributes;
  metric: string;
  unit: string;
  temporality: number;
  attributes: Attributes;
  count: number;
  sum: number;
  bounds: number[];
  counts: number[];
}

export interface SinkRequest {
  path: string;
  headers: IncomingHttpHeaders;
}

/** An OTLP/HTTP receiver on a free loopback port that decodes with its own schema and remembers. */
export class OtlpSink {
  readonly requests: SinkRequest[] = [];
  readonly spans: SinkSpan[] = [];
  readonly points: SinkPoint[] = [];
  /** How the next requests are answered. */
  answer: (response: ServerResponse) => void = (response) => response.writeHead(200).end();
  /** Larger requests are refused. */
  maxBodyBytes: number = Number.POSITIVE_INFINITY;
  readonly #server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.requests.push({ path: request.url ?? '', headers: request.headers });
      if (body.length > this.maxBodyBytes) {
        response.writeHead(413).end();
        return;
      }
      // The tests of JSON look at the answer alone; the Collector judges what is sent.
      if (request.headers['content-type'] !== 'application/json')
        this.#take(request.url ?? '', request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      this.answer(response);
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #take(path: string, body: Buffer): void {
    if (path.endsWith('/v1/traces')) this.spans.push(...decodeSpans(body));
    else this.points.push(...decodePoints(body));
  }
}

/** Accepts connections, reads what comes and never answers. */
export class SilentServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.resume();
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

interface RawKeyValue {
  key: string;
  value: Record<string, string | number | boolean>;
}

function attributesOf(raw: RawKeyValue[] | undefined): Attributes {
  return Object.fromEntries((raw ?? []).map(({ key, value }) => [key, Object.values(value)[0] as string]));
}

function decode(type: string, body: Buffer): Record<string, never[]> {
  const message = root.lookupType(type);
  return message.toObject(message.decode(body), { longs: String, bytes: String, defaults: false }) as Record<
    string,
    never[]
  >;
}

function hex(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('hex');
}

interface RawSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number };
  attributes?: RawKeyValue[];
}

interface RawGroup<T extends string, I> {
  resource: { attributes: RawKeyValue[] };
  scopeSpans: ({ scope: { name: string } } & Record<T, I[]>)[];
  scopeMetrics: ({ scope: { name: string } } & Record<T, I[]>)[];
}

function decodeSpans(body: Buffer): SinkSpan[] {
  const groups = (decode('TraceRequest', body)['resourceSpans'] ?? []) as RawGroup<'spans', RawSpan>[];
  return groups.flatMap((group) =>
    group.scopeSpans.flatMap((scoped) =>
      scoped.spans.map((span) => ({
        resource: attributesOf(group.resource.attributes),
        scope: scoped.scope.name,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        traceState: span.traceState ?? '',
        name: span.name,
        kind: span.kind,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        status: span.status?.code ?? 0,
        attributes: numbersOf(attributesOf(span.attributes), span.attributes),
      })),
    ),
  );
}

interface RawMetric {
  name: string;
  unit: string;
  histogram?: {
    aggregationTemporality: number;
    dataPoints: {
      attributes?: RawKeyValue[];
      count: string;
      sum: number;
      bucketCounts: string[];
      explicitBounds: number[];
    }[];
  };
}

function decodePoints(body: Buffer): SinkPoint[] {
  const groups = (decode('MetricRequest', body)['resourceMetrics'] ?? []) as RawGroup<'metrics', RawMetric>[];
  return groups.flatMap((group) =>
    group.scopeMetrics.flatMap((scoped) =>
      scoped.metrics.flatMap((metric) =>
        (metric.histogram?.dataPoints ?? []).map((point) => ({
          resource: attributesOf(group.resource.attributes),
          metric: metric.name,
          unit: metric.unit,
          temporality: metric.histogram?.aggregationTemporality ?? 0,
          attributes: numbersOf(attributesOf(point.attributes), point.attributes),
          count: Number(point.count),
          sum: point.sum,
          bounds: point.explicitBounds,
          counts: point.bucketCounts.map(Number),
        })),
      ),
    ),
  );
}

/** Integers come as strings, because they are 64 bits wide on the wire. */
function numbersOf(attributes: Attributes, raw: RawKeyValue[] | undefined): Attributes {
  for (const { key, value } of raw ?? []) if ('intValue' in value) attributes[key] = Number(value['intValue']);
  return attributes;
}
