// @ts-check
// The library in a process of its own, as a user would run it: Prometheus metrics, all defaults. Its parent asks for figures.
//
//   fork('agent.mjs', ['--source', 'auto', '--pids', '1,2'])
import { parseArgs } from 'node:util';
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

const { values } = parseArgs({
  options: { source: { type: 'string', default: 'auto' }, pids: { type: 'string', default: '' } },
});
const waiting = new Set(values.pids.split(',').map(Number));
const startMs = performance.now();
let firstSpanMs = Number.NaN;
let spans = 0;
/** @type {{ count: number, reply: () => void } | undefined} */
let awaited;

const beyla = await createBeyla({
  discovery: { instrument: [{ targetPids: [...waiting] }] },
  tracer: { source: /** @type {'auto'} */ (values.source) },
  exporters: [new PrometheusExporter({ host: '127.0.0.1', port: 0 })],
});

function report() {
  const { user, system } = process.cpuUsage();
  process.send?.({
    source: beyla.source,
    spans,
    firstSpanMs,
    cpuUs: user + system,
    rssBytes: process.memoryUsage.rss(),
    drops: beyla.stats().drops,
  });
}

function answerIfThere() {
  if (awaited !== undefined && spans >= awaited.count) {
    awaited.reply();
    awaited = undefined;
  }
}

beyla.on('span', (batch) => {
  if (spans === 0) firstSpanMs = performance.now() - startMs;
  for (const { kind } of batch) spans += kind === 'http.server' ? 1 : 0;
  answerIfThere();
});

// `{ count, timeoutMs }`: figures, as soon as this many spans were seen, or no more are to be expected.
process.on('message', (/** @type {{ count: number, timeoutMs: number }} */ { count, timeoutMs }) => {
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
});
process.once('disconnect', () => void beyla.close());
