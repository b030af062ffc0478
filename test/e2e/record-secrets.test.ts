import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBeyla, type HttpRequestSpan, isHttpSpan, type RequestSpan } from '@beyla/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { type App, freePort, runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const program = fileURLToPath(new URL('../apps/secrets-server.mjs', import.meta.url));

/** Each is found in the file if any bytes of its place are written. */
const SECRET = 'sw0rdf1sh';

let server: App;
let otherPort: number;
let file: string;
let watching: Watch;

async function connectTo(port: number): Promise<RawConnection> {
  return use(await RawConnection.open(port));
}

/** What a replay has to say again: all that is no text of somebody else's. */
function facts(span: RequestSpan): unknown {
  const { method, startNs, readNs, firstByteNs, endNs, startSource, requestBodySize, responseBodySize } = span;
  const { statusCode, errorType, host, scheme, protocolVersion } = span as HttpRequestSpan;
  const times = { startNs, readNs, firstByteNs, endNs, startSource };
  return { method, statusCode, errorType, host, scheme, protocolVersion, requestBodySize, responseBodySize, times };
}

async function replay(): Promise<RequestSpan[]> {
  const spans: RequestSpan[] = [];
  await using beyla = await createBeyla({ discovery: { instrument: [] }, replayFrom: file });
  beyla.on('span', (found) => spans.push(...found));
  await beyla.finished;
  return spans;
}

/** The recording holds no secret, and replays to as many spans as the live run gave. Returns those of the replay. */
async function expectSecret(count: number, secrets: readonly string[] = [SECRET]): Promise<RequestSpan[]> {
  await watching.settled(count);
  const live = await watching.finish();
  expect(live).toHaveLength(count);
  const bytes = readFileSync(file);
  for (const secret of secrets) expect(bytes.includes(secret), secret).toBe(false);
  const replayed = await replay();
  expect(replayed.map(facts)).toEqual(live.map(facts));
  return replayed;
}

async function start(options: { recordPaths?: boolean } = {}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'beyla-secrets-'));
  use({ stop: async () => rmSync(folder, { recursive: true }) });
  file = join(folder, 'run.beyla');
  otherPort = await freePort();
  server = use(await runApp('secrets', process.execPath, [program, String(otherPort), `--password=${SECRET}`]));
  watching = use(await watch({ pids: [server.pid], recordTo: file, ...options }));
}

describe('a recording', needsBpf, () => {
  beforeEach(() => start());

  it('holds no word of Redis, and not of its last bytes', async () => {
    const redis = await connectTo(otherPort);
    for (const said of [`*2\r\n$4\r\nAUTH\r\n$9\r\n${SECRET}\r\n`, `AUTH ${SECRET}\r\n`, `GET /${SECRET}`, SECRET]) {
      await redis.exchange(said, /OK/);
    }
    await expectSecret(0, [SECRET, SECRET.slice(-6), 'AUTH']);
  });

  it('holds no password of PostgreSQL', async () => {
    const postgres = await connectTo(otherPort);
    const startup = '\0\x03\0\0user\0postgres\0database\0shop\0\0';
    await postgres.exchange(`\0\0\0${String.fromCharCode(startup.length + 4)}${startup}`, /OK/);
    await postgres.exchange(`p\0\0\0\x0e${SECRET}\0`, /OK/);
    await postgres.exchange(`Q\0\0\0\x1eselect '${SECRET}'\0`, /OK/);
    await expectSecret(0, [SECRET, 'postgres', 'select']);
  });

  it('holds no body that a 100 was waited for', async () => {
    const client = await connectTo(server.port);
    const head = `POST / HTTP/1.1\r\nHost: h.example\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`;
    await client.exchange(head, /100 Continue\r\n\r\n/);
    await client.exchange(SECRET, /0\r\n\r\n$/);
    const [span] = await expectSecret(1, [SECRET, SECRET.slice(-6)]);
    expect(span).toMatchObject({ method: 'POST', path: '/', requestBodySize: 9, statusCode: 200 });
  });

  it('holds no frame of a WebSocket, from either side', async () => {
    const client = await connectTo(server.port);
    const head =
      'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc=\r\n';
    await client.exchange(`${head}Sec-WebSocket-Version: 13\r\n\r\n`, /101[\s\S]*\r\n\r\n/);
    for (let n = 0; n < 3; n++) await client.exchange(`\x81\x89\0\0\0\0${SECRET}`, new RegExp(SECRET));
    const [span] = await expectSecret(1, [SECRET, 'abc=', 'chat']);
    expect(span).toMatchObject({ statusCode: 101 });
  });

  it('holds no field that is not known to be harmless, no path, no query, no body, no command line', async () => {
    const client = await connectTo(server.port);
    const fields =
      `X-Vault-Token: ${SECRET}\r\nReferer: http://h/?token=${SECRET}\r\nAuthorization: Basic ${SECRET}\r\n` +
      `Cookie: a=${SECRET}\r\nUser-Agent: ${SECRET}\r\ntracestate: a=${SECRET}\r\nX-${SECRET}: 1\r\nX-Say: ${SECRET}\r\n`;
    const body = `GET /x HTTP/1.1\r\nHost: ${SECRET}\r\n\r\n`;
    for (const long of ['', `X-Long: ${`${SECRET} `.repeat(150)}\r\n`]) {
      const head = `PUT /reset/${SECRET}?t=${SECRET} HTTP/1.1\r\nHost: h.example:81\r\n${long}${fields}`;
      await client.exchange(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, /0\r\n\r\n$/);
    }
    const spans = await expectSecret(2, [SECRET, SECRET.slice(-6), 'reset']);
    for (const span of spans) {
      expect(span).toMatchObject({ method: 'PUT', path: '/*****/*********', requestBodySize: body.length });
      expect(isHttpSpan(span) && [span.statusCode, span.host, span.responseBodySize]).toEqual([200, 'h.example:81', 9]);
    }
  });
});

describe('a recording with paths', needsBpf, () => {
  it('holds them, but no value of a query', async () => {
    await start({ recordPaths: true });
    const client = await connectTo(server.port);
    await client.exchange(`GET /users/7?token=${SECRET} HTTP/1.1\r\nHost: h\r\n\r\n`, /0\r\n\r\n$/);
    const [span] = await expectSecret(1);
    expect(span).toMatchObject({ path: '/users/7', query: 'token=*********' });
  });
});
