// The library where CLOCK_MONOTONIC is another one. Prints one JSON line: what was sent and seen, in wall time.
//
//   unshare --time --monotonic=100000 node in-time-namespace.mjs
import { once } from 'node:events';
import { request } from 'node:http';
import { createBeyla } from '@beyla/core';
import { runNode } from '../support/run-app.mjs';

const app = await runNode();
const beyla = await createBeyla({ discovery: { instrument: [{ targetPids: [app.pid] }] } });
if (beyla.processes.length === 0) await new Promise((resolve) => beyla.once('process', resolve));
const spans = [];
const seen = new Promise((resolve) => {
  beyla.on('span', (batch) => {
    for (const span of batch) {
      spans.push({ beganMs: span.clock.toUnixMs(span.startNs), endedMs: span.clock.toUnixMs(span.endNs) });
    }
    resolve(undefined);
  });
});
const sentMs = Date.now();
const [response] = await once(request({ port: app.port, path: '/hello' }).end(), 'response');
response.resume();
await once(response, 'end');
const answeredMs = Date.now();
const timer = setTimeout(() => process.exit(1), 20_000);
await seen;
const seenMs = Date.now();
clearTimeout(timer);
await beyla.close();
process.stdout.write(`${JSON.stringify({ sentMs, answeredMs, seenMs, spans, drops: beyla.stats().drops })}\n`);
await app.stop();
