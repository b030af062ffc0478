// @ts-check
// The library in a process of its own for a long time. Its parent says what to watch, is told of every process, and asks for samples.
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

/** Series of ended processes go soon, so that what stays is a leak. */
const SERIES_TTL_MS = 10_000;

/** @type {import('@beyla/core').Beyla | undefined} */
let beyla;
const metrics = new PrometheusExporter({ host: '127.0.0.1', port: 0, ttlMs: SERIES_TTL_MS });
let spans = 0;

/** @param {string} cmdArgs */
async function watch(cmdArgs) {
  beyla = await createBeyla({ discovery: { instrument: [{ cmdArgs }] }, exporters: [metrics] });
  beyla.on('span', (batch) => {
    spans += batch.length;
  });
  beyla.on('process', ({ type, process: { pid } }) => process.send?.({ type, pid }));
  process.send?.({ type: 'watching', pid: 0 });
}

async function sample() {
  if (beyla === undefined) throw new Error('nothing is watched');
  const rssBytes = process.memoryUsage.rss();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const { interpreter, discovery, drops } = beyla.stats();
  const page = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  const { user, system } = process.cpuUsage();
  process.send?.({
    type: 'sample',
    rssBytes,
    heapBytes: heapUsed + external,
    cpuMs: (user + system) / 1000,
    spans,
    lost: Object.values(drops).reduce((sum, count) => sum + count, 0),
    tables: {
      connections: interpreter['connections'],
      awaitedResponses: interpreter['awaitedResponses'],
      selected: discovery['selected'],
      processes: beyla.processes.length,
      metricLines: page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    },
  });
}

process.on('message', (/** @type {{ watch?: string }} */ { watch: cmdArgs }) => {
  void (cmdArgs === undefined ? sample() : watch(cmdArgs));
});
process.once('disconnect', () => void beyla?.close());
