// @ts-check
import { runNginx, runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { startAgent } from './agent-process.mjs';
import { bpfCost, cpuNs, h2load, mapBytes } from './measure.mjs';

const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 20_000;
/** Traffic that is there when the agent starts, so that its first span can come. */
const BACKGROUND = { connections: 1, rate: 500, seconds: 3 };

/** @typedef {import('../support/run-app.mjs').App} App */
/** @typedef {{ ratePerSecond: number, serverNs: number }} Phase */
/** @typedef {{ observed: Phase, bystander: Phase }} Phases */
/**
 * What one pair of phases, without and with the agent, measured; all `per request` figures are of the observed server's load.
 *
 * @typedef {object} Pair
 * @property {string} source
 * @property {Phases} off
 * @property {Phases} on
 * @property {number} bpfRuns per request
 * @property {number} bpfNs per request, with what counting itself takes
 * @property {{ name: string, runs: number, ns: number }[]} programs
 * @property {number} agentUs CPU of the agent per request
 * @property {number} rssBytes
 * @property {number} mapBytes
 * @property {number} firstSpanMs
 * @property {number} sent
 * @property {number} lost
 * @property {Record<string, number>} drops
 */

/** @type {Record<string, { path: string, run: () => Promise<App> }>} */
export const SERVERS = {
  node: { path: '/hello', run: () => runNode() },
  nginx: { path: '/static/small.txt', run: () => runNginx() },
};

/** CPU of a server per request, under a load of its own. @param {App} app @param {string} path @param {number} requests @returns {Promise<Phase>} */
async function phase(app, path, requests) {
  const before = cpuNs(app.pids());
  const ratePerSecond = await h2load({ port: app.port, path, requests, connections: CONNECTIONS });
  return { ratePerSecond, serverNs: (cpuNs(app.pids()) - before) / requests };
}

/** @param {{ observed: App, bystander: App }} apps @param {string} path @param {number} requests @returns {Promise<Phases>} */
async function both({ observed, bystander }, path, requests) {
  return { observed: await phase(observed, path, requests), bystander: await phase(bystander, path, requests) };
}

/** @param {{ observed: App, bystander: App }} apps @param {{ path: string, requests: number, source: string }} options */
async function withAgent(apps, { path, requests, source }) {
  const agent = await startAgent({ pids: apps.observed.pids(), source });
  try {
    await sendLoad({ ...BACKGROUND, port: apps.observed.port, targets: [`GET ${path}`] });
    const started = await agent.settledFigures();
    const observed = await phase(apps.observed, path, requests);
    const loaded = await agent.figures(started.spans + requests);
    const bystander = await phase(apps.bystander, path, requests);
    const load = { port: apps.observed.port, path, requests, connections: CONNECTIONS };
    const programs = await bpfCost(agent.bpfIds(), () => h2load(load));
    const done = await agent.figures(loaded.spans + requests);
    const sum = (/** @type {'runs' | 'ns'} */ key) => programs.reduce((total, program) => total + program[key], 0);
    return {
      source: done.source,
      on: { observed, bystander },
      bpfRuns: sum('runs') / requests,
      bpfNs: sum('ns') / requests,
      programs: programs.map(({ name, runs, ns }) => ({ name, runs: runs / requests, ns: ns / requests })),
      agentUs: (loaded.cpuUs - started.cpuUs) / requests,
      rssBytes: done.rssBytes,
      mapBytes: mapBytes(agent.bpfIds()),
      firstSpanMs: done.firstSpanMs,
      sent: requests * 2,
      lost: requests * 2 - (done.spans - started.spans),
      drops: done.drops,
    };
  } finally {
    await agent.stop();
  }
}

/**
 * Alternating pairs of phases without and with the agent; the order is turned in every other pair.
 *
 * @param {keyof SERVERS} server @param {{ pairs: number, requests: number, source: string, progress: (text: string) => void }} options
 * @returns {Promise<Pair[]>}
 */
export async function measureServer(server, { pairs, requests, source, progress }) {
  const { path, run } = /** @type {{ path: string, run: () => Promise<App> }} */ (SERVERS[server]);
  const [observed, bystander] = await Promise.all([run(), run()]);
  const apps = { observed, bystander };
  try {
    await both(apps, path, WARM_UP_REQUESTS);
    /** @type {Pair[]} */
    const measured = [];
    for (let pair = 0; pair < pairs; pair++) {
      progress(`${server}, ${source}: pair ${pair + 1} of ${pairs}`);
      if (pair % 2 === 0) {
        const off = await both(apps, path, requests);
        measured.push({ ...(await withAgent(apps, { path, requests, source })), off });
      } else {
        const on = await withAgent(apps, { path, requests, source });
        measured.push({ ...on, off: await both(apps, path, requests) });
      }
    }
    return measured;
  } finally {
    await Promise.all([observed.stop(), bystander.stop()]);
  }
}
