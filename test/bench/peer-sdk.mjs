// @ts-check
// The same server in three ways: as it is, with OpenTelemetry's SDK for Node inside, and observed by this library.
//
//   npm run bench -- peer-sdk [--rounds 15] [--requests 6000]
//
// The SDK (auto-instrumentations, traces and metrics over OTLP to a server here) is installed from npm once, into the cache of the
// matrix. Needs root and h2load. Each round sends the same requests to all three, over 16 connections, as fast as they are answered.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { npmModules } from '../matrix/cache.mjs';
import { runNode } from '../support/run-app.mjs';
import { startAgent } from './agent-process.mjs';
import { cpuNs, h2load } from './measure.mjs';
import { estimate, median } from './statistics.mjs';

/** The last one for Node 20. */
const PEER = { '@opentelemetry/auto-instrumentations-node': '0.81.2' };
const WARM_UP_REQUESTS = 10_000;
const MIB = 1024 * 1024;
const { values } = parseArgs({
  strict: false,
  options: { rounds: { type: 'string', default: '15' }, requests: { type: 'string', default: '6000' } },
});
const rounds = Number(values['rounds']);
const requests = Number(values['requests']);

/** @typedef {import('../support/run-app.mjs').App} App */

/** Takes whatever is exported. */
async function startSink() {
  let exports = 0;
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
    if (request.url === '/v1/traces') exports += 1;
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, exports: () => exports, close: () => server.close() };
}

/** @param {string} url Where it exports to. */
async function runWithSdk(url) {
  const modules = join(await npmModules('bench-sdk', PEER), 'node_modules/@opentelemetry');
  const hook = join(modules, 'instrumentation/hook.mjs');
  const register = join(modules, 'auto-instrumentations-node/build/src/register.js');
  return runNode([], {
    env: {
      NODE_OPTIONS: `--no-warnings --experimental-loader=${hook} --require=${register}`,
      OTEL_SERVICE_NAME: 'bench',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'none',
    },
  });
}

/** @param {App} app @param {number} count */
async function load(app, count) {
  const before = cpuNs(app.pids());
  const perSecond = await h2load({ port: app.port, path: '/hello', requests: count, connections: 16 });
  return { us: (cpuNs(app.pids()) - before) / 1000 / count, perSecond };
}

/** @param {App} app */
function rssBytes(app) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${app.pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** @typedef {{ us: number[], perSecond: number[] }} Figures */
/** @returns {Figures} */
const none = () => ({ us: [], perSecond: [] });

const sink = await startSink();
const [plain, observed, inside] = await Promise.all([runNode(), runNode(), runWithSdk(sink.url)]);
const agent = await startAgent();
const figures = { plain: none(), observed: none(), inside: none() };
/** @type {number[]} */
const agentUs = [];
let agentRss = 0;
try {
  for (const app of [plain, observed, inside]) await load(app, WARM_UP_REQUESTS);
  if (sink.exports() === 0) throw new Error(`the SDK exported no traces\n${inside.stderr()}`);
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`peer-sdk: round ${round + 1} of ${rounds}\n`);
    const order = /** @type {const} */ (['plain', 'observed', 'inside']);
    for (const which of order.map((_, at) => order[(at + round) % order.length])) {
      const app = { plain, observed, inside }[/** @type {'plain'} */ (which)];
      const before = which === 'observed' ? await watch(app) : undefined;
      const { us, perSecond } = await load(app, requests);
      if (before !== undefined) {
        const after = await agent.figures(requests);
        agentUs.push((after.cpuUs - before.cpuUs) / requests);
        agentRss = Math.max(agentRss, after.rssBytes);
        await agent.release();
      }
      figures[/** @type {'plain'} */ (which)].us.push(us);
      figures[/** @type {'plain'} */ (which)].perSecond.push(perSecond);
    }
  }
  const rss = { plain: rssBytes(plain), inside: rssBytes(inside), observed: rssBytes(observed) };
  console.log(table(rss).join('\n'));
} finally {
  await Promise.all([plain.stop(), observed.stop(), inside.stop(), agent.stop()]);
  sink.close();
}

/** @param {App} app */
async function watch(app) {
  await agent.watch(app.pids(), 'auto');
  return agent.figures(0);
}

/** @param {Record<'plain' | 'inside' | 'observed', number>} rss */
function table(rss) {
  const { plain: off } = figures;
  const added = (/** @type {Figures} */ of) =>
    range(estimate(of.us.map((us, at) => us - (off.us[at] ?? Number.NaN))), 1, ' µs');
  const ratio = (/** @type {Figures} */ of, /** @type {keyof Figures} */ key) =>
    range(estimate(of[key].map((value, at) => value / (off[key][at] ?? Number.NaN))), 2, '');
  const both = (/** @type {(of: Figures) => string} */ cell) => `${cell(figures.inside)} | ${cell(figures.observed)}`;
  const mib = (/** @type {number} */ bytes) => `${(bytes / MIB).toFixed(0)} MiB`;
  return [
    `Server alone: ${median(off.us).toFixed(1)} µs of CPU per request, ${median(off.perSecond).toFixed(0)} requests per second, ` +
      `RSS ${mib(rss.plain)}. Medians with 95 % intervals of ${rounds} rounds of ${requests} requests.`,
    '',
    '| | SDK in the process | this library |',
    '|---|---:|---:|',
    `| CPU added to the server, per request | ${both(added)} |`,
    `| … as a ratio | ${both((of) => ratio(of, 'us'))} |`,
    `| requests per second at saturation, as a ratio | ${both((of) => ratio(of, 'perSecond'))} |`,
    `| CPU outside of the server, per request | – | ${median(agentUs).toFixed(1)} µs |`,
    `| RSS of the server beside that of the server alone | ${mib(rss.inside - rss.plain)} | ${mib(rss.observed - rss.plain)} |`,
    `| RSS outside of the server | – | ${mib(agentRss)} |`,
  ];
}

/** @param {import('./statistics.mjs').Estimate} of @param {number} digits @param {string} unit */
function range({ median: middle, low, high }, digits, unit) {
  return `${middle.toFixed(digits)}${unit} (${low.toFixed(digits)} … ${high.toFixed(digits)})`;
}
