import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createConnection, createServer as createTcpServer } from 'node:net';

/** Node has it since 12, its types do not. */
const PADDING_STRATEGY_ALIGNED = 1;

/** What one side of a connection sent at once; `ask` is the side of the client. */
export interface TrafficPart {
  readonly side: 'ask' | 'answer';
  readonly bytes: Uint8Array;
}

/** A request as both ends know it. */
export interface TrafficRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Undefined where the server does not wait for the end of the request. */
  readonly requestBytes: number | undefined;
  readonly responseBytes: number;
  readonly grpcStatus: number | undefined;
  readonly outcome: 'answered' | 'cancelled' | 'reset';
}

/** Bytes of a connection between Node's client and server (nghttp2), in the order in which they passed between them. */
export interface Traffic {
  readonly parts: TrafficPart[];
  readonly requests: TrafficRequest[];
}

export interface TrafficOptions {
  readonly requests: number;
  /** Requests that are under way at once. */
  readonly concurrency: number;
  /** Table size that both ends allow each other. */
  readonly headerTableSize?: number;
  readonly seed?: number;
  /** Only these kinds of requests; default all. */
  readonly kinds?: readonly TrafficKind[];
}

/** What may become of a request. */
export type TrafficKind = 'plain' | 'grpc' | 'push' | 'interim' | 'long-head' | 'trailers-only' | 'cancelled' | 'reset';

/** The request number `index`: everything that HTTP/2 can do to one, in turn. */
interface Plan {
  readonly method: string;
  readonly path: string;
  readonly kind: TrafficKind;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'];
const STATUSES = [200, 201, 404, 500, 503];
const SIZES = [0, 1, 5, 100, 3000, 20_000];
const KINDS: readonly TrafficKind[] = [
  'plain',
  'grpc',
  'plain',
  'long-head',
  'push',
  'interim',
  'trailers-only',
  'cancelled',
  'reset',
  'plain',
];

function planOf(index: number, seed: number, kinds: readonly TrafficKind[]): Plan {
  const pick = <T>(list: readonly T[], salt: number): T => list[(index * 7 + salt * 13 + seed) % list.length] as T;
  const kind = kinds[(index + seed) % kinds.length] ?? 'plain';
  const isGrpc = kind === 'grpc' || kind === 'trailers-only';
  const method = isGrpc ? 'POST' : kind === 'long-head' || kind === 'push' ? 'GET' : pick(METHODS, 1);
  return {
    kind,
    method,
    path: isGrpc ? `/shop.Cart/Method${index}` : `/items/${index}`,
    status: isGrpc ? 200 : pick(STATUSES, 2),
    requestBytes: isGrpc ? 5 + pick(SIZES, 3) : method === 'GET' || method === 'HEAD' ? 0 : pick(SIZES, 3),
    responseBytes: kind === 'trailers-only' || method === 'HEAD' ? 0 : isGrpc ? 5 + pick(SIZES, 4) : pick(SIZES, 4),
  };
}

function content(plan: Plan, size: number): Buffer {
  const body = Buffer.alloc(size, 'x');
  if (plan.path.startsWith('/shop.') && size >= 5) {
    body[0] = 0;
    body.writeUInt32BE(size - 5, 1);
  }
  return body;
}

function grpcStatusOf(plan: Plan): number | undefined {
  if (plan.kind === 'grpc') return plan.responseBytes % 3;
  return plan.kind === 'trailers-only' ? 5 : undefined;
}

/** The server does not wait for the end of the request. */
function isEarly({ kind }: Plan): boolean {
  return kind === 'trailers-only' || kind === 'reset' || kind === 'cancelled';
}

function answer(stream: ServerHttp2Stream, plan: Plan): void {
  // The client may have gone away meanwhile.
  stream.on('error', () => undefined);
  if (plan.kind === 'cancelled') return;
  if (plan.kind === 'reset') {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  if (plan.kind === 'trailers-only') {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(grpcStatusOf(plan)) },
      { endStream: true },
    );
    return;
  }
  if (plan.kind === 'interim') stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
  if (plan.kind === 'push') {
    stream.pushStream({ ':path': '/pushed' }, (error, pushed) => {
      pushed?.on('error', () => undefined);
      if (error === null) pushed.respond({ ':status': 200, 'x-pushed': String(plan.responseBytes) });
      if (error === null) pushed.end('pushed content');
    });
  }
  const isGrpc = plan.kind === 'grpc';
  const head = {
    ':status': plan.status,
    'content-type': isGrpc ? 'application/grpc' : 'text/plain',
    'x-id': plan.path,
  };
  if (plan.method === 'HEAD') {
    stream.respond(head, { endStream: true });
    return;
  }
  stream.respond(head, { waitForTrailers: isGrpc });
  if (isGrpc) stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(grpcStatusOf(plan)) }));
  stream.end(content(plan, plan.responseBytes));
}

async function ask(session: ClientHttp2Session, plan: Plan): Promise<void> {
  const isGrpc = plan.path.startsWith('/shop.');
  const stream = session.request(
    {
      ':method': plan.method,
      ':path': plan.path,
      'user-agent': 'traffic/1',
      ...(isGrpc ? { 'content-type': 'application/grpc+proto', te: 'trailers', 'grpc-timeout': '5S' } : {}),
      ...(plan.kind === 'long-head' ? { 'x-long': 'y'.repeat(40_000) } : {}),
      ...(plan.requestBytes % 2 === 0 ? { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` } : {}),
    },
    { endStream: plan.requestBytes === 0 && plan.kind !== 'cancelled' },
  );
  stream.on('error', () => undefined);
  if (plan.kind === 'cancelled') {
    // The server must have seen it.
    setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 5);
  } else if (plan.requestBytes > 0) {
    stream.end(content(plan, plan.requestBytes));
  }
  stream.resume();
  // Not `once` of node:events, which an error would reject.
  await new Promise((resolve) => stream.once('close', resolve));
}

function factsOf(plan: Plan): TrafficRequest {
  const { method, path, kind } = plan;
  const outcome = kind === 'cancelled' || kind === 'reset' ? kind : 'answered';
  const isAnswered = outcome === 'answered';
  return {
    method,
    path,
    outcome,
    status: isAnswered ? plan.status : 0,
    requestBytes: isEarly(plan) ? undefined : plan.requestBytes,
    responseBytes: isAnswered ? plan.responseBytes : 0,
    grpcStatus: grpcStatusOf(plan),
  };
}

/** Lets Node's client talk to Node's server over a relay on the loopback interface that notes what passes. */
export async function recordTraffic(options: TrafficOptions): Promise<Traffic> {
  const seed = options.seed ?? 0;
  const settings = {
    headerTableSize: options.headerTableSize ?? 4096,
    maxHeaderListSize: 131_072,
    maxConcurrentStreams: 250,
  };
  const plans = Array.from({ length: options.requests }, (_, index) => planOf(index, seed, options.kinds ?? KINDS));
  const byPath = new Map(plans.map((plan) => [plan.path, plan]));
  const server = createServer({
    settings,
    maxSendHeaderBlockLength: 131_072,
    paddingStrategy: seed % 2 === 1 ? PADDING_STRATEGY_ALIGNED : constants.PADDING_STRATEGY_NONE,
  });
  server.on('stream', (stream, headers) => {
    const plan = byPath.get(String(headers[':path']));
    if (plan === undefined) return;
    if (isEarly(plan)) answer(stream, plan);
    else stream.on('end', () => answer(stream, plan)).resume();
  });
  const parts: TrafficPart[] = [];
  const relay = createTcpServer((near) => {
    const far = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
    near.on('data', (bytes) => {
      parts.push({ side: 'ask', bytes: Uint8Array.from(bytes) });
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      parts.push({ side: 'answer', bytes: Uint8Array.from(bytes) });
      near.write(bytes);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('error', () => undefined);
    far.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const session = connect(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`, {
    settings,
    maxSendHeaderBlockLength: 131_072,
  });
  session.on('stream', (pushed) => pushed.on('error', () => undefined).resume());
  const waiting = [...plans];
  const worker = async (): Promise<void> => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) await ask(session, plan);
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  session.close();
  await once(session, 'close');
  server.close();
  relay.close();
  return { parts, requests: plans.map(factsOf) };
}
