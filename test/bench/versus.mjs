// @ts-check
// What another commit costs, and this one, in turns, in one run: BPF runs and time, the agent's CPU and the CPU of the observed server.
//
//   npm run bench -- versus --against DIR [--rounds 15] [--requests 6000]
//
// DIR is a checkout of the other commit that was built (`git worktree add`, `node scripts/build.mjs`). Prints a Markdown table and exits 1
// if a row whose heads are short takes more than 1.03 of what it took there, beyond doubt. Needs root, h2load and bpftool.
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runNginx, runNode } from '../support/run-app.mjs';
import { startAgent } from './agent-process.mjs';
import { bpfCost, cpuNs, h2load } from './measure.mjs';
import { estimate } from './statistics.mjs';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    requests: { type: 'string', default: '6000' },
  },
});
const { against } = options;
if (against === undefined) throw new Error('--against must name a built checkout of the commit to compare with');
const requests = Number(options.requests);
const rounds = Number(options.rounds);
const CONNECTIONS = 16;
const MOST = 1.03;
const COOKIE = `cookie: session=${'c'.repeat(2000)}`;

/** @typedef {{ runs: number, bpfNs: number, agentNs: number, serverNs: number }} Cost per request */

const ROWS = [
  { name: 'node', path: '/hello', headers: [], isShort: true, run: () => runNode() },
  { name: 'nginx', path: '/static/small.txt', headers: [], isShort: true, run: () => runNginx() },
  { name: 'node, heads of 2 kB', path: '/long-head/2000', headers: [COOKIE], isShort: false, run: () => runNode() },
];
/** @type {readonly { key: keyof Cost, title: string }[]} */
const FIGURES = [
  { key: 'runs', title: 'BPF runs' },
  { key: 'bpfNs', title: 'BPF ns' },
  { key: 'agentNs', title: 'agent CPU ns' },
  { key: 'serverNs', title: 'server CPU ns' },
];

const agents = await Promise.all([
  startAgent(pathToFileURL(`${against}/test/bench/agent.mjs`)),
  startAgent(new URL('./agent.mjs', import.meta.url)),
]);
console.log('| row | figure | there | here | here / there (95 %) |\n| --- | --- | --- | --- | --- |');
for (const row of ROWS) {
  const server = await row.run();
  try {
    await measureRow(row, server);
  } finally {
    await server.stop();
  }
}
await Promise.all(agents.map((agent) => agent.stop()));

/** @param {(typeof ROWS)[number]} row @param {import('../support/run-app.mjs').App} server */
async function measureRow({ name, path, headers, isShort }, server) {
  const load = { port: server.port, path, headers, requests, connections: CONNECTIONS };
  /** @type {Cost[][]} */
  const costs = [[], []];
  await h2load({ ...load, requests: requests * 3 });
  for (let round = 0; round < rounds; round++) {
    // First the one, then the other first: what drifts evenly cancels out.
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) costs[which]?.push(await costOf(which, server, load));
    process.stderr.write(`${name}: ${round + 1} of ${rounds}\n`);
  }
  for (const { key, title } of FIGURES) {
    const [there, here] = costs.map((list) => estimate(list.map((cost) => cost[key])).median);
    const ratios = costs[1]?.map((cost, round) => cost[key] / (costs[0]?.[round]?.[key] ?? Number.NaN)) ?? [];
    const { median, low, high } = estimate(ratios);
    const range = `${median.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
    console.log(`| ${name} | ${title} | ${there?.toFixed(1)} | ${here?.toFixed(1)} | ${range} |`);
    if (isShort && key !== 'serverNs' && low > MOST) process.exitCode = 1;
  }
}

/** @param {number} which @param {import('../support/run-app.mjs').App} server @param {Parameters<typeof h2load>[0]} load @returns {Promise<Cost>} */
async function costOf(which, server, load) {
  const agent = /** @type {import('./agent-process.mjs').Agent} */ (agents[which]);
  await agent.watch(server.pids(), 'auto');
  await h2load({ ...load, requests: Math.ceil(requests / 4) });
  const before = await agent.figures(Math.ceil(requests / 4));
  const serverNs = cpuNs(server.pids());
  const programs = await bpfCost(agent.bpfIds(), () => h2load(load));
  const serverAfter = cpuNs(server.pids());
  const after = await agent.figures(before.spans + requests);
  if (after.spans - before.spans !== requests)
    process.stderr.write(`${after.spans - before.spans} spans of ${requests}\n`);
  await agent.release();
  return {
    runs: programs.reduce((sum, { runs }) => sum + runs, 0) / requests,
    bpfNs: programs.reduce((sum, { ns }) => sum + ns, 0) / requests,
    agentNs: ((after.cpuUs - before.cpuUs) * 1000) / requests,
    serverNs: (serverAfter - serverNs) / requests,
  };
}
