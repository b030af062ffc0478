// Watches a server that it started itself: as many spans, and as many in the metrics, as requests were made.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

const REQUESTS = 200;
const GIVE_UP_MS = 15_000;

const SERVER = `
  const server = require('node:http').createServer((request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.once('disconnect', () => process.exit());
`;
const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
try {
  const [port] = await once(server, 'message');
  const metrics = new PrometheusExporter({ host: '127.0.0.1', port: 0 });
  const beyla = await createBeyla({
    discovery: { instrument: [{ targetPids: [server.pid] }] },
    routes: { patterns: ['/users/:id'] },
    exporters: [metrics],
  });
  await once(beyla, 'process', { signal: AbortSignal.timeout(GIVE_UP_MS) });
  // Node has OpenSSL inside: its probes are in place, and no object is missing.
  assert.deepEqual(beyla.health().messages, []);
  assert.equal(beyla.debugInfo().tracer.taps.files.length, 1);

  const spans = [];
  const allSeen = new Promise((resolve, reject) => {
    const late = () =>
      reject(new Error(`${spans.length} of ${REQUESTS} spans; ${JSON.stringify(beyla.stats().drops)}`));
    setTimeout(late, GIVE_UP_MS).unref();
    beyla.on('span', (batch) => {
      spans.push(...batch);
      if (spans.length >= REQUESTS) resolve();
    });
  });
  for (let sent = 0; sent < REQUESTS; sent++) await (await fetch(`http://127.0.0.1:${port}/users/${sent}`)).text();
  await allSeen;

  const page = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  const counted = [...page.matchAll(/^http_server_request_duration_seconds_count\{[^}]*\} (\d+)/gm)];
  assert.equal(
    counted.reduce((sum, [, count]) => sum + Number(count), 0),
    REQUESTS,
  );
  await beyla.close();
  // Those that came while closing would show here.
  assert.equal(spans.length, REQUESTS);
  assert.deepEqual(
    new Set(spans.map(({ kind, route, statusCode }) => `${kind} ${route} ${statusCode}`)),
    new Set(['http.server /users/:id 200']),
  );
} finally {
  if (server.connected) server.disconnect();
}
