// @ts-check
import { runNginx, runNode, runNodeGrpc } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { startAgent } from './agent-process.mjs';
import { bpfCost, cpuNs, h2load, mapBytes } from './measure.mjs';
import { trapsOf } from './trap-cost.mjs';

const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 30_000;
const STARTS = 5;
const COST_PHASES = 5;
const IDLE_MS = 2000;
/** Traffic that is there when the agent starts, so that its first span can come. */
const BACKGROUND = { connections: 1, rate: 500, seconds: 2 };

/** @typedef {import('../support/run-app.mjs').App} App */
/** @typedef {import('./agent-process.mjs').Agent} Agent */
/** @typedef {{ observed: App, bystander: App }} Apps */
/** @typedef {import('./measure.mjs').Protocol} Protocol */
/** @typedef {{ path: string, protocol: Protocol, requests: number, source: string }} Settings */
/** @typedef {{ serverNs: number, ratePerSecond: number }} Phase CPU of the server per request */
/** @typedef {{ observed: Phase, bystander: Phase }} Phases */
/** @typedef {[Phases, Phases, Phases, Phases]} Block four phases, of which the two in the middle have the agent or, in a sham, have not */
/** @typedef {{ name: string, runs: number, ns: number }[]} Programs per request */
/** @typedef {import('./trap-cost.mjs').Traps} Traps per request */
/** @typedef {{ bpfUs: number, bpfRuns: number }} Aims per request, both ends of the connection */
/**
 * @typedef {object} Load what the agent did in a phase
 * @property {number} agentUs its CPU per request
 * @property {number} rssBytes
 * @property {number} lost requests without a span
 *
 * @typedef {object} Measured
 * @property {string} source
 * @property {number} sent requests that should have made a span, in all loads together
 * @property {Block[]} blocks
 * @property {Block[]} shams
 * @property {Load[]} loads
 * @property {number[]} firstSpanMs
 * @property {number} mapBytes
 * @property {number} idleUsPerSecond CPU of the agent without traffic
 * @property {{ observed: Programs[], bystander: Programs[] }} programs what the BPF programs took, by whose load it was
 * @property {{ observed: Traps[], bystander: Traps[] }} traps of uprobes; none where no tap is in use
 * @property {Aims} aims
 */

const GRPC_METHOD = '/bench.Echo/Say';

/** Runs a server with a certificate that is gone when it has read it. @param {(args: string[]) => Promise<App>} run */
async function withTls(run) {
  const files = makeTlsFiles();
  try {
    return await run(['--tls', files.cert, files.key]);
  } finally {
    files.remove();
  }
}

/**
 * Runs are what the kernel and the program do for one request, one after the other: each segment that arrives, each call that sends or
 * receives, at both ends, those that find nothing included; with TLS also each call of SSL_read and SSL_write, at its entry and at its
 * return. No aim leaves room for one more. docs/performance.md has the sums.
 *
 * @type {Record<string, { path: string, protocol: Protocol, aims: Aims, run: () => Promise<App> }>}
 */
export const SERVERS = {
  node: { path: '/hello', protocol: 'http1', aims: { bpfUs: 3, bpfRuns: 8 }, run: () => runNode() },
  nginx: { path: '/static/small.txt', protocol: 'http1', aims: { bpfUs: 3, bpfRuns: 9 }, run: () => runNginx() },
  'node-https': { path: '/hello', protocol: 'https', aims: { bpfUs: 6, bpfRuns: 15 }, run: () => withTls(runNode) },
  'node-grpc': { path: GRPC_METHOD, protocol: 'grpc', aims: { bpfUs: 6, bpfRuns: 13 }, run: () => runNodeGrpc() },
  'node-grpc-tls': {
    path: GRPC_METHOD,
    protocol: 'grpc-tls',
    aims: { bpfUs: 9, bpfRuns: 23 },
    run: () => withTls(runNodeGrpc),
  },
};

/** @param {App} app @param {Settings} settings @returns {Promise<Phase>} */
async function phase(app, { path, protocol, requests }) {
  const before = cpuNs(app.pids());
  const ratePerSecond = await h2load({ port: app.port, path, protocol, requests, connections: CONNECTIONS });
  return { serverNs: (cpuNs(app.pids()) - before) / requests, ratePerSecond };
}

/** @param {Apps} apps @param {Settings} settings @returns {Promise<Phases>} */
async function bothPhases({ observed, bystander }, settings) {
  return { observed: await phase(observed, settings), bystander: await phase(bystander, settings) };
}

/** The same while the agent watches, which must get a span of each request to the observed server. @param {Agent} agent @param {Apps} apps @param {Settings} settings */
async function watchedPhases(agent, { observed, bystander }, settings) {
  const { requests } = settings;
  const before = await agent.figures(0);
  const observedPhase = await phase(observed, settings);
  const after = await agent.figures(before.spans + requests);
  const load = {
    agentUs: (after.cpuUs - before.cpuUs) / requests,
    rssBytes: after.rssBytes,
    lost: requests - (after.spans - before.spans),
  };
  return { phases: { observed: observedPhase, bystander: await phase(bystander, settings) }, load };
}

/** Off, on, on, off: what drifts evenly cancels out. @param {Agent} agent @param {Apps} apps @param {Settings} settings */
async function watchedBlock(agent, apps, settings) {
  const first = await bothPhases(apps, settings);
  await agent.watch(apps.observed.pids(), settings.source);
  const second = await watchedPhases(agent, apps, settings);
  const third = await watchedPhases(agent, apps, settings);
  await agent.release();
  /** @type {Block} */
  const block = [first, second.phases, third.phases, await bothPhases(apps, settings)];
  return { block, loads: [second.load, third.load] };
}

/** The same without an agent: what the machine makes of it when nothing changes. @param {Apps} apps @param {Settings} settings @returns {Promise<Block>} */
async function shamBlock(apps, settings) {
  return [
    await bothPhases(apps, settings),
    await bothPhases(apps, settings),
    await bothPhases(apps, settings),
    await bothPhases(apps, settings),
  ];
}

/** From createBeyla() to the first span of a server that is in use, in a process that did nothing before. @param {Apps} apps @param {Settings} settings */
async function firstSpan({ observed }, { path, source }) {
  const background = sendLoad({ ...BACKGROUND, port: observed.port, targets: [`GET ${path}`] });
  const agent = await startAgent();
  try {
    await agent.watch(observed.pids(), source);
    const { firstSpanMs } = await agent.figures(1);
    await background;
    // JSON has no NaN: none came.
    return firstSpanMs ?? Number.POSITIVE_INFINITY;
  } finally {
    await agent.stop();
  }
}

/** What only shows while the kernel counts, which is not free: apart from all other phases. @param {Agent} agent @param {Apps} apps @param {Settings} settings */
async function costs(agent, { observed, bystander }, { path, protocol, requests, source }) {
  const { source: chosen } = await agent.watch(observed.pids(), source);
  const ids = agent.bpfIds();
  /** @param {App} app @returns {Promise<Programs>} */
  const cost = async (app) => {
    const load = { port: app.port, path, protocol, requests, connections: CONNECTIONS };
    const programs = await bpfCost(ids, () => h2load(load));
    return programs.map(({ name, runs, ns }) => ({ name, runs: runs / requests, ns: ns / requests }));
  };
  /** @type {Measured['programs']} */
  const programs = { observed: [], bystander: [] };
  for (let i = 0; i < COST_PHASES; i++) {
    programs.observed.push(await cost(observed));
    programs.bystander.push(await cost(bystander));
  }
  const { spans, cpuUs } = await agent.figures(COST_PHASES * requests);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = await agent.figures(0);
  const bytes = mapBytes(ids);
  await agent.release();
  return {
    source: chosen,
    programs,
    traps: {
      observed: await trapsOf(observed.pids(), programs.observed),
      bystander: await trapsOf(bystander.pids(), programs.bystander),
    },
    mapBytes: bytes,
    idleUsPerSecond: ((idle.cpuUs - cpuUs) * 1000) / IDLE_MS,
    lost: COST_PHASES * requests - spans,
  };
}

/** The fallback also runs at the end of system calls that are no socket I/O, those of other programs included. @param {Aims} aims @param {string} source @returns {Aims} */
function aimsOf({ bpfUs, bpfRuns }, source) {
  return source === 'sock_length' ? { bpfUs, bpfRuns } : { bpfUs: bpfUs + 1, bpfRuns: bpfRuns + 5 };
}

/**
 * Blocks with the agent and without in turn, and all else there is to measure.
 *
 * @param {string} server @param {{ rounds: number, requests: number, source: string, progress: (text: string) => void }} options
 * @returns {Promise<Measured>}
 */
export async function measureServer(server, { rounds, requests, source, progress }) {
  const { path, protocol, aims, run } = /** @type {(typeof SERVERS)[string]} */ (SERVERS[server]);
  const settings = { path, protocol, requests, source };
  const [observed, bystander] = await Promise.all([run(), run()]);
  const apps = { observed, bystander };
  const agent = await startAgent();
  try {
    await agent.watch(observed.pids(), source);
    await bothPhases(apps, { ...settings, requests: WARM_UP_REQUESTS });
    await agent.release();
    /** @type {Block[]} */
    const blocks = [];
    /** @type {Block[]} */
    const shams = [];
    /** @type {Load[]} */
    const loads = [];
    const watched = async () => {
      const outcome = await watchedBlock(agent, apps, settings);
      blocks.push(outcome.block);
      loads.push(...outcome.loads);
    };
    const sham = async () => {
      shams.push(await shamBlock(apps, settings));
    };
    for (let round = 0; round < rounds; round++) {
      progress(`${server}, ${source}: round ${round + 1} of ${rounds}`);
      for (const block of round % 2 === 0 ? [watched, sham] : [sham, watched]) await block();
    }
    progress(`${server}, ${source}: cost of BPF, starts`);
    const { lost, ...cost } = await costs(agent, apps, settings);
    loads.push({ agentUs: Number.NaN, rssBytes: 0, lost });
    const firstSpanMs = [];
    // The client whose traffic is there when the agent starts speaks HTTP/1 without TLS.
    for (let i = 0; i < STARTS && protocol === 'http1'; i++) firstSpanMs.push(await firstSpan(apps, settings));
    return {
      ...cost,
      aims: aimsOf(aims, cost.source),
      blocks,
      shams,
      loads,
      sent: requests * (2 * rounds + COST_PHASES),
      firstSpanMs,
    };
  } finally {
    await Promise.all([observed.stop(), bystander.stop(), agent.stop()]);
  }
}
