// @ts-check
// Runs in the guest of `npm run bench -- icount`, where a nanosecond is an instruction; reports on the second serial port.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { startAgent } from '../agent-process.mjs';
import { cpuNs } from '../measure.mjs';

/** Phases in order; those with * only warm up what is new in them: the engines compile while they run. */
const PLAN = /** @type {const} */ ({
  observed: ['off*', 'on*', 'on*', 'on', 'counted', 'off', 'on*', 'on'],
  bystander: ['off*', 'off*', 'off*', 'on', 'counted', 'off'],
});
const IDLE_MS = 5000;
const TICK_NS = 1e7;
const WRK = ['-t1', '-c16', '-d1s'];

/** @typedef {import('../agent-process.mjs').Agent} Agent */
/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */
/**
 * Instructions per request, of one phase.
 *
 * @typedef {object} Phase
 * @property {'observed' | 'bystander'} who
 * @property {'off' | 'on' | 'counted'} mode counted: the kernel counts runs of BPF
 * @property {number} requests
 * @property {number} server
 * @property {number} client
 * @property {number} agent
 * @property {number} guest everything that was not idle
 * @property {number} lost
 * @property {number} bpfRuns
 * @property {number} bpf
 */

/** @param {unknown} record */
function report(record) {
  appendFileSync('/dev/ttyS1', `${JSON.stringify(record)}\n`);
}

async function startServer() {
  const child = fork(new URL('./server.mjs', import.meta.url).pathname);
  const [port] = await once(child, 'message');
  return {
    pid: /** @type {number} */ (child.pid),
    port: Number(port),
    async requests() {
      child.send('requests');
      const [count] = await once(child, 'message');
      return Number(count);
    },
    stop: () => child.disconnect(),
  };
}

/** CPU of children that have ended, and of the whole guest, in ticks of 10 ms. */
function ticks() {
  const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/ +/)
    .slice(1)
    .map(Number);
  return { children: Number(own[13]) + Number(own[14]), guest: user + nice + system + irq + softirq };
}

/** @param {Agent} agent @param {Record<'observed' | 'bystander', Server>} servers @param {Phase['who']} who @param {Phase['mode']} mode @returns {Promise<Phase>} */
async function phase(agent, servers, who, mode) {
  const server = servers[who];
  writeFileSync('/proc/sys/kernel/bpf_stats_enabled', mode === 'counted' ? '1' : '0');
  const read = async (count = 0) => ({
    requests: await server.requests(),
    cpuNs: cpuNs([server.pid]),
    ...ticks(),
    ...(await agent.figures(count)),
  });
  const before = await read();
  await promisify(execFile)('wrk', [...WRK, `http://127.0.0.1:${server.port}/hello`]);
  const answered = (await server.requests()) - before.requests;
  const expected = who === 'observed' && mode !== 'off' ? answered : 0;
  const after = await read(before.spans + expected);
  writeFileSync('/proc/sys/kernel/bpf_stats_enabled', '0');
  return {
    who,
    mode,
    requests: answered,
    server: (after.cpuNs - before.cpuNs) / answered,
    client: ((after.children - before.children) * TICK_NS) / answered,
    agent: ((after.cpuUs - before.cpuUs) * 1000) / answered,
    guest: ((after.guest - before.guest) * TICK_NS) / answered,
    lost: expected - (after.spans - before.spans),
    bpfRuns: (after.bpfRuns - before.bpfRuns) / answered,
    bpf: (after.bpfNs - before.bpfNs) / answered,
  };
}

const servers = { observed: await startServer(), bystander: await startServer() };
const agent = await startAgent();
let isWatching = false;
function watch() {
  isWatching = true;
  return agent.watch([servers.observed.pid], 'auto');
}
const { cpuUs, source, mapBytes } = await watch();
report({ type: 'start', source, mapBytes, instructions: cpuUs * 1000 });
for (const who of /** @type {const} */ (['observed', 'bystander'])) {
  for (const step of PLAN[who]) {
    const mode = /** @type {Phase['mode']} */ (step.replace('*', ''));
    if (mode === 'off') {
      await agent.release();
      isWatching = false;
    } else if (!isWatching) {
      await watch();
    }
    const result = await phase(agent, servers, who, mode);
    if (step === mode) report({ type: 'phase', ...result });
  }
}
if (!isWatching) await watch();
const busy = await agent.figures(0);
await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
const idle = await agent.figures(0);
report({ type: 'end', rssBytes: idle.rssBytes, idlePerSecond: ((idle.cpuUs - busy.cpuUs) * 1e6) / IDLE_MS });
await agent.stop();
servers.observed.stop();
servers.bystander.stop();
