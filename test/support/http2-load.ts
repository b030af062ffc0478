import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';

/** What a client sends: so many requests on each of so many connections, some of them at once. */
export interface Http2Load {
  readonly port: number;
  /** Authority of the server's certificate; without one there is no TLS. */
  readonly ca?: string;
  readonly connections: number;
  readonly requests: number;
  readonly concurrency: number;
}

const MESSAGE = Buffer.from([0, 0, 0, 0, 3, 1, 2, 3]);

/** Of every two requests one is a call of gRPC. */
function ask(session: ClientHttp2Session, number: number): Promise<void> {
  const isGrpc = number % 2 === 0;
  const path = isGrpc ? `/grpc.Shop/Buy/${number}` : `/bytes/${number % 300}`;
  const head = isGrpc ? { 'content-type': 'application/grpc', te: 'trailers' } : {};
  const stream = session.request(
    { ':method': isGrpc ? 'POST' : 'GET', ':path': path, ...head },
    { endStream: !isGrpc },
  );
  stream.resume();
  if (isGrpc) stream.end(MESSAGE);
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('end', resolve);
  });
}

async function converse({ port, ca, requests, concurrency }: Http2Load): Promise<void> {
  const session =
    ca === undefined
      ? connect(`http://127.0.0.1:${port}`)
      : connect(`https://127.0.0.1:${port}`, { ca: readFileSync(ca) });
  let next = 0;
  const worker = async () => {
    while (next < requests) await ask(session, next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  await new Promise<void>((resolve) => session.close(resolve));
}

/** Sends all, and resolves with their number when each is answered and the connections are closed. */
export async function sendHttp2Load(load: Http2Load): Promise<number> {
  await Promise.all(Array.from({ length: load.connections }, () => converse(load)));
  return load.connections * load.requests;
}
