import type { RequestSpan } from '@beyla/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runApp, runNginx, runNode, runNodeClient } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const HTTP2 = new URL('../apps/node-http2.mjs', import.meta.url).pathname;
const REQUESTS = 300;

/** What happened before what should have caused it: spans of one request, from its first client to its last server. */
function broken(spans: readonly RequestSpan[], hops: readonly number[]): readonly string[] {
  const byRequest = new Map<string, RequestSpan[]>();
  for (const span of spans) {
    const key = 'query' in span && span.query !== undefined ? span.query : span.path;
    byRequest.set(key, [...(byRequest.get(key) ?? []), span]);
  }
  return [...byRequest].flatMap(([key, unordered]) => {
    const order = (span: RequestSpan): number =>
      2 * hops.indexOf(span.process.pid) + Number(span.kind.endsWith('client'));
    const chain = unordered.sort((a, b) => order(a) - order(b));
    return chain.slice(1).flatMap((inner, index) => {
      const outer = chain[index] as RequestSpan;
      const faults: string[] = [];
      if (inner.startNs < outer.startNs)
        faults.push(`${key}: begins ${outer.startNs - inner.startNs} ns before its cause`);
      if (inner.endNs > outer.endNs) faults.push(`${key}: ends ${inner.endNs - outer.endNs} ns after its effect`);
      return faults;
    });
  });
}

async function send(client: App, line: string): Promise<void> {
  const done = client.line(/^DONE/);
  client.write(`${line}\n`);
  await done;
}

for (const source of SOURCES) {
  describe(`Cause and effect with the source ${source}`, needsSource(source), () => {
    it('a request that a server received was sent by then, and an answer that a client received was given', async () => {
      const server = use(await runNode());
      const nginx = use(await runNginx({ upstreamPort: server.port }));
      const client = use(await runNodeClient());
      const hops = [client.pid, ...nginx.pids(), server.pid];
      const watching = use(await watch({ pids: hops, tracer: { source } }));
      await send(client, `${nginx.port} ${REQUESTS} 300`);
      await send(client, `${nginx.port} ${REQUESTS / 10} 90000`);
      const spans = await watching.settled(4 * 1.1 * REQUESTS);
      expect(broken(spans, hops)).toEqual([]);
    });

    it.each([false, true])('the same in HTTP/2 (TLS: %s)', async (isTls) => {
      const tls = makeTlsFiles();
      onTestFinished(tls.remove);
      const server = use(
        await runApp('serve', process.execPath, [HTTP2, 'serve', ...(isTls ? [tls.cert, tls.key] : [])]),
      );
      const asking = use(
        await runApp('ask', process.execPath, [HTTP2, 'ask', String(server.port), ...(isTls ? [tls.ca] : [])]),
      );
      const hops = [asking.pid, server.pid];
      const watching = use(await watch({ pids: hops, tracer: { source } }));
      // Behind large answers the client tells how much of them it has read: such frames may wait in the socket when a request arrives. Inside
      // of TLS they are not told apart, and neither is what opens the connection.
      const large = isTls ? 10 : 60_000;
      await send(asking, 'GET /first 0');
      for (let n = 0; n < REQUESTS; n++) {
        await send(asking, `POST /bytes/${n % 9 === 0 ? large : 10}/${n} ${n % 7 === 0 ? 50_000 : 10}`);
      }
      const spans = await watching.settled(2 * (1 + REQUESTS));
      const judged = spans.filter(({ path }) => !isTls || path !== '/first');
      expect(broken(judged, hops)).toEqual([]);
    });
  });
}
