// @ts-check
// One agent for a long time: a server under constant load, others that start, serve some requests and end. Fails when memory grows or
// when anything that is counted does not return.
//
//   npm run soak -- [--minutes 10] [--rate 500]
//
// Needs root and bpftool. Growth is judged in the second half of the time; below 3 minutes it says little.
import { parseArgs } from 'node:util';
import { leftOf } from '../support/bpf-ids.mjs';
import { runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { startAgent } from './agent-process.mjs';
import { judge, sampleTable } from './judge.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '500' } },
});
const seconds = Number(values.minutes) * 60;
const rate = Number(values.rate);
if (!(seconds > 0) || !(rate > 0)) {
  console.error('--minutes and --rate are positive numbers');
  process.exit(2);
}

const SAMPLE_MS = 2000;
const LOAD_SECONDS = 5;
/** The series of ended processes and late look-ups are gone by then. */
const SETTLE_MS = 15_000;
const CHURN = { targets: ['GET /users/{n}', 'GET /status/404'], connections: 2, requests: 10, close: true };
const STEADY = { targets: ['GET /hello', 'GET /users/{n}', 'GET /chunked', 'POST /echo 2000'], connections: 8 };
/** MiB in the judged half, however long it is: what V8 and malloc keep for later comes and goes; a leak has no end. */
const LIMITS = { rss: 4, heap: 1 };

const word = `beyla-soak-${process.pid}`;
const agent = await startAgent(word);
const bpfIds = agent.bpfIds();
// What is opened by the first of anything is there for good.
await churn();
await settle();
const before = await agent.sample();
const kernelBefore = agent.kernelTables();
let sent = before.spans;
const deadlineMs = performance.now() + seconds * 1000;

const [samples] = await Promise.all([sampling(), steadyLoad(), churning()]);
await settle();
const after = await agent.sample();
const kernelAfter = agent.kernelTables();
await agent.stop();
const left = await leftOf(bpfIds);

console.log(`${sampleTable(samples)}\n`);
const cpu = (after.cpuMs - before.cpuMs) / (sent - before.spans);
console.log(
  `${sent - before.spans} requests, agent CPU ${(cpu * 1000).toFixed(0)} µs per request (samples and process churn included)\n`,
);
const rows = judge({ samples, before, after, kernelBefore, kernelAfter, sent, left, limits: LIMITS });
const width = Math.max(...rows.map(({ what }) => what.length));
for (const { what, seen, isKept } of rows)
  console.log(`${isKept ? 'kept  ' : 'BROKEN'}  ${what.padEnd(width)}  ${seen}`);
const broken = rows.filter(({ isKept }) => !isKept).length;
if (broken > 0) process.exitCode = 1;
console.log(`\n${rows.length - broken} passed, ${broken} failed`);

async function sampling() {
  const samples = [];
  while (performance.now() < deadlineMs) {
    samples.push(await agent.sample());
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  return samples;
}

async function steadyLoad() {
  const server = await runNode([word]);
  try {
    await agent.started(server.pid);
    while (performance.now() < deadlineMs) {
      const { length } = await sendLoad({ ...STEADY, port: server.port, rate, seconds: LOAD_SECONDS });
      sent += length;
    }
  } finally {
    await server.stop();
  }
  await agent.ended(server.pid);
}

async function churning() {
  while (performance.now() < deadlineMs) {
    const length = await churn();
    sent += length;
  }
}

/** A server's whole life; how many requests it got. */
async function churn() {
  const server = await runNode([word]);
  try {
    await agent.started(server.pid);
    return (await sendLoad({ ...CHURN, port: server.port })).length;
  } finally {
    await server.stop();
    await agent.ended(server.pid);
  }
}

/** Time for what goes by time. */
function settle() {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
