import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isHttpSpan, type RequestSpan } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { huffmanEncode } from '../../packages/core/src/protocols/http2/hpack/huffman-code.ts';
import { callOf, GIVEN_UP } from '../matrix/requests.mjs';
import { nodeModules } from '../matrix/rows/node.mjs';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf, optional } from '../support/capability.ts';
import { type App, freePort, runApp, runNode } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';
import { runWithoutCapabilities } from '../support/without-capabilities.mjs';

const agent = new URL('../apps/agent.mjs', import.meta.url).pathname;

const http2App = fileURLToPath(new URL('../apps/node-http2.mjs', import.meta.url));
const grpcApps = fileURLToPath(new URL('../matrix/apps/node/', import.meta.url));

const SECRET = 'swordfish';

const modules = await nodeModules().catch((error: Error) => error);
const needsGrpc = needsBpf.skip
  ? needsBpf
  : optional(modules instanceof Error ? `needs @grpc/grpc-js from the registry: ${modules.message}` : undefined);

/** What the kernel said. Ids of spans are drawn anew by each run, and values of queries are not recorded. */
function facts(span: RequestSpan): unknown {
  const { kind, method, path, startNs, readNs, firstByteNs, endNs, startSource, local, remote } = span;
  return {
    kind,
    request: [method, path, isHttpSpan(span) ? span.statusCode : span.grpcStatus],
    times: [startNs, readNs, firstByteNs, endNs, startSource],
    ends: [local, remote],
    bodies: [span.requestBodySize, span.responseBodySize],
    service: span.process.service,
  };
}

/** The same spans as a child process hands them over: without clock, without what is undefined. */
function asJson(spans: readonly RequestSpan[]): RequestSpan[] {
  return JSON.parse(JSON.stringify(spans.map(({ clock, ...span }) => span))) as RequestSpan[];
}

function expectNoneOf(file: string, secrets: readonly (string | Uint8Array)[]): void {
  const bytes = readFileSync(file);
  // What is searched for would be found.
  expect(bytes.includes('beyla-recording')).toBe(true);
  for (const secret of secrets) {
    const wanted = typeof secret === 'string' ? Buffer.from(secret) : Buffer.from(secret.subarray(0, -1));
    expect(bytes.includes(wanted), String(secret)).toBe(false);
  }
}

/** A file for a recording, gone when the test is over. */
function recordingFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-recording-'));
  use({ stop: async () => rmSync(directory, { recursive: true }) });
  return join(directory, 'run.beyla');
}

/** The spans of the recording, from a process without any capability. */
async function replay(file: string, pids: readonly number[]): Promise<RequestSpan[]> {
  const options = JSON.stringify({ discovery: { instrument: [{ targetPids: pids }] }, replayFrom: file });
  const stdout = await runWithoutCapabilities([agent, '--options', options]);
  return (JSON.parse(stdout) as { spans: RequestSpan[] }).spans;
}

async function http2Pair(): Promise<{ server: App; client: App }> {
  const tls = makeTlsFiles();
  const server = use(
    await runApp('serve', process.execPath, [http2App, 'serve', tls.cert, tls.key], { dispose: tls.remove }),
  );
  const client = use(await runApp('ask', process.execPath, [http2App, 'ask', String(server.port), tls.ca]));
  return { server, client };
}

/** Requests at once, on the one connection of the client; resolves when all are answered. */
async function ask(client: App, tag: string, count: number): Promise<void> {
  const paths = Array.from({ length: count }, (_, index) =>
    index % 3 === 0
      ? `/grpc.Shop/Buy/bytes/${index * 97}/${tag}${index}`
      : `/bytes/${index * 501}/status/${[200, 404, 500][index % 3]}/${tag}${index}?token=${SECRET}&n=${index}`,
  );
  const answers = createInterface({ input: client.child.stdout as Readable });
  for (const [index, path] of paths.entries()) client.write(`POST ${path} ${index * 301}\n`);
  let done = 0;
  for await (const line of answers) {
    if (line.startsWith('DONE ')) done += 1;
    if (done === count) break;
  }
}

describe('recordings', needsBpf, () => {
  it('replay to the same spans, for a process without any capability', async () => {
    const file = recordingFile();
    const app = use(await runNode());
    const watching = use(await watch({ pids: [app.pid], recordTo: file, recordPaths: true }));
    const targets = [
      'GET /users/{n}',
      'POST /echo 3000',
      'GET /status/500',
      'GET /chunked?pieces=3',
      'GET /slow?ms=5',
      `GET /hello?token=${SECRET}`,
    ];
    const records = await sendLoad({ port: app.port, targets, connections: 4, requests: 100 });
    await watching.settled(records.length);
    const live = await watching.finish();
    expect(countBy(live, spanKey)).toEqual(countBy(records, recordKey));

    expect((await replay(file, [app.pid])).map(facts)).toEqual(asJson(live).map(facts));
    expect(readFileSync(file, 'latin1')).not.toContain(SECRET);
  });

  it('replay HTTP/2 over TLS to the same spans, and hold no body and no secret', async () => {
    const file = recordingFile();
    const { server, client } = await http2Pair();
    const pids = [server.pid, client.pid];
    const watching = use(await watch({ pids, recordTo: file, recordPaths: true }));
    await ask(client, 'whole', 90);
    await watching.settled(180);
    const live = await watching.finish();
    expect(live).toHaveLength(180);
    expect((await replay(file, pids)).map(facts)).toEqual(asJson(live).map(facts));
    expectNoneOf(file, [SECRET, 'xxxxxxxx', 'yyyyyyyy', 'mmmmmmmm', huffmanEncode('swordfish')]);
  });

  it('leave unset what the live run left unset of a connection that was in use before', async () => {
    const file = recordingFile();
    const { server, client } = await http2Pair();
    await ask(client, 'before', 30);
    const watching = use(await watch({ pids: [server.pid], recordTo: file, recordPaths: true }));
    await ask(client, 'late', 60);
    await watching.accounted(60);
    const live = await watching.finish();
    expect(live.length).toBeGreaterThan(30);
    expect((await replay(file, [server.pid])).map(facts)).toEqual(asJson(live).map(facts));
    expectNoneOf(file, [SECRET, 'xxxxxxxx', 'yyyyyyyy', 'mmmmmmmm', huffmanEncode('swordfish')]);
  });
});

describe('recordings of gRPC', needsGrpc, () => {
  it.each(['grpc', 'grpcs'])('replay calls of grpc-js (%s) to the same spans, and hold no message', async (column) => {
    const file = recordingFile();
    const tls = makeTlsFiles();
    const port = await freePort();
    const env = { MATRIX_MODULES: String(modules) };
    const serverArgs = [`${grpcApps}server.mjs`, `${column}=${port}`, `cert=${tls.cert}`, `key=${tls.key}`];
    const server = use(
      await runApp('server', process.execPath, serverArgs, { ready: /^READY$/, port, env, dispose: tls.remove }),
    );
    const clientArgs = [`${grpcApps}client.mjs`, 'stack=node', `ca=${tls.ca}`];
    const client = use(await runApp('client', process.execPath, clientArgs, { ready: /^READY$/, port, env }));
    const pids = [server.pid, client.pid];
    const watching = use(await watch({ pids, recordTo: file, recordPaths: true }));
    const done = client.line(/^(DONE|FAILED)/);
    client.write(`${column} 127.0.0.1:${port} 0 60 2\n`);
    expect((await done)[1]).toBe('DONE');
    await watching.settled(120);
    const live = await watching.finish();
    const rpcs = Array.from({ length: 60 }, (_, n) => callOf(n).rpc).filter((rpc) => !GIVEN_UP.includes(rpc));
    expect(live.filter(({ path }) => rpcs.some((rpc) => path.endsWith(`/${rpc}`)))).toHaveLength(2 * rpcs.length);
    expect((await replay(file, pids)).map(facts)).toEqual(asJson(live).map(facts));
    // What the messages say, and the message of the status, which is a trailer.
    expectNoneOf(file, ['call 1', 'no such thing', 'no%20such', huffmanEncode('no such')]);
  });
});
