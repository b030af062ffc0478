import { describe, expect, it, onTestFinished } from 'vitest';
import { totalDrops } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { type App, runApp, runNode } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const APPS = new URL('../apps/', import.meta.url).pathname;
const COUNT = 20;

/** What the client says of its requests: the path, and its own port of the connection. */
async function ask(client: App, line: string): Promise<readonly string[]> {
  const done = client.line(/^DONE (.*)$/);
  client.write(`${line}\n`);
  return (await done)[1]?.split(', ') ?? [];
}

/*
 * A client may have its next word on a session when the server has read its ClientHello: on one host both know the same random, and
 * so does a proxy between them.
 */
describe('both ends of TLS on one host, and what is between them', needsBpf, () => {
  it.each([false, true])('each span has the socket of its own process (proxy: %s)', async (hasProxy) => {
    const tls = makeTlsFiles();
    onTestFinished(tls.remove);
    const server = use(await runNode(['--tls', tls.cert, tls.key]));
    const proxy = hasProxy
      ? use(await runApp('connect-proxy', process.execPath, [`${APPS}connect-proxy.mjs`]))
      : undefined;
    const client = use(await runApp('tls-queue-client', '/usr/bin/python3', [`${APPS}tls-queue-client.py`]));
    const apps = [server, client, ...(proxy ? [proxy] : [])];
    const watching = use(await watch({ pids: apps.map(({ pid }) => pid) }));
    const told = await ask(client, `${server.port} ${tls.ca} ${COUNT}${proxy ? ` ${proxy.port}` : ''}`);
    await watching.accounted((hasProxy ? 4 : 2) * COUNT);
    const spans = await watching.finish();
    const seen = (kind: string): string[] =>
      spans
        .filter((span) => span.kind === kind && 'path' in span && span.path.startsWith('/users/'))
        .map((span) => `${'path' in span ? span.path : ''} ${kind === 'http.client' ? span.local.port : ''}`.trim());
    expect(seen('http.client').sort()).toEqual([...told].sort());
    expect(seen('http.server').sort()).toEqual(told.map((one) => one.split(' ')[0]).sort());
    const answered = spans.filter(
      (span) => span.kind === 'http.server' && 'path' in span && span.path.startsWith('/users/'),
    );
    expect(answered.map((span) => span.local.port)).toEqual(answered.map(() => server.port));
    expect(totalDrops(watching.beyla)).toBe(0);
  });
});
