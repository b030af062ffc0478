import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ofKind, totalDrops } from '../support/account.ts';
import { needsSource } from '../support/capability.ts';
import { runApp } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const REQUESTS = 20;
const statusOf = (number: number) => 201 + number;
const bytesOf = (number: number) => 60 + number;

it(
  'sees a request once that is written again and again until the handshake is over',
  needsSource('sock_length'),
  async () => {
    const tls = makeTlsFiles();
    use({ stop: async () => tls.remove() });
    const options = { key: readFileSync(tls.key), cert: readFileSync(tls.cert) };
    const server = createServer(options, (request, response) => {
      const number = Number(request.url?.split('/').pop());
      response.writeHead(statusOf(number)).end('x'.repeat(bytesOf(number)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    use({ stop: async () => void server.close() });
    const { port } = server.address() as AddressInfo;
    const client = use(await runApp('fresh', process.execPath, ['test/apps/fresh-https-client.mjs', String(port)]));
    const watching = use(await watch({ pids: [client.pid] }));
    client.write(`${REQUESTS}\n`);
    await client.line(/^DONE$/);
    await watching.settled(REQUESTS);
    const spans = ofKind(await watching.finish(), 'http.client');
    const seen = spans.map(({ path, statusCode, errorType }) => `${path} ${statusCode} ${errorType}`);
    expect(seen).toEqual(Array.from({ length: REQUESTS }, (_, n) => `/fresh/${n} ${statusOf(n)} undefined`));
    expect(totalDrops(watching.beyla)).toBe(0);
  },
);
