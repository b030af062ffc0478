// @ts-check
// The library in a process of its own, as a user would run it: Prometheus metrics, all defaults. Its parent says when to watch and when
// to let go, so that the code is as warm as it is in a long run, and asks for figures.
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

/**
 * @typedef {{ command: 'watch', pids: number[], source: 'auto' } | { command: 'release' } | { command: 'figures', count: number, timeoutMs: number }} Order
 */

/** @type {import('@beyla/core').Beyla | undefined} */
let beyla;
let firstSpanMs = Number.NaN;
let spans = 0;
/** @type {{ count: number, reply: () => void } | undefined} */
let awaited;

function report() {
  const { user, system } = process.cpuUsage();
  const rssBytes = process.memoryUsage.rss();
  const cost = beyla?.stats().cost;
  const programs = Object.values(cost?.programs ?? {});
  process.send?.({
    source: beyla?.source ?? '',
    spans,
    firstSpanMs,
    cpuUs: user + system,
    rssBytes,
    mapBytes: cost?.mapBytes ?? 0,
    bpfRuns: programs.reduce((sum, { runCount }) => sum + runCount, 0),
    bpfNs: programs.reduce((sum, { runTimeNs }) => sum + runTimeNs, 0),
  });
}

function answerIfThere() {
  if (awaited !== undefined && spans >= awaited.count) {
    awaited.reply();
    awaited = undefined;
  }
}

/** @param {number[]} pids @param {'auto'} source */
async function watch(pids, source) {
  const startMs = performance.now();
  firstSpanMs = Number.NaN;
  spans = 0;
  beyla = await createBeyla({
    discovery: { instrument: [{ targetPids: pids }] },
    tracer: { source },
    exporters: [new PrometheusExporter({ host: '127.0.0.1', port: 0 })],
  });
  beyla.on('span', (batch) => {
    if (spans === 0) firstSpanMs = performance.now() - startMs;
    for (const { kind } of batch) spans += kind === 'http.server' || kind === 'grpc.server' ? 1 : 0;
    answerIfThere();
  });
  report();
}

/** Figures, as soon as this many spans were seen since `watch`, or no more are to be expected. @param {number} count @param {number} timeoutMs */
function figures(count, timeoutMs) {
  const timer = setTimeout(() => {
    awaited = undefined;
    report();
  }, timeoutMs);
  awaited = {
    count,
    reply: () => {
      clearTimeout(timer);
      report();
    },
  };
  answerIfThere();
}

process.on('message', async (/** @type {Order} */ order) => {
  if (order.command === 'watch') await watch(order.pids, order.source);
  else if (order.command === 'figures') figures(order.count, order.timeoutMs);
  else {
    await beyla?.close();
    report();
  }
});
process.once('disconnect', () => void beyla?.close());
