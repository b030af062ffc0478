// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { heldBy } from '../support/bpf-ids.mjs';

const AGENT = new URL('./agent.mjs', import.meta.url);
const GIVE_UP_MS = 5000;

/**
 * @typedef {object} Figures
 * @property {string} source
 * @property {number} spans server spans since it watches
 * @property {number} firstSpanMs from createBeyla() to the first span
 * @property {number} cpuUs of the process since its start
 * @property {number} rssBytes
 * @property {number} mapBytes
 * @property {number} bpfRuns while the kernel counts them
 * @property {number} bpfNs
 *
 * @typedef {Awaited<ReturnType<typeof startAgent>>} Agent
 */

/** Starts the agent; it does not watch anything yet. @param {URL} [program] of another checkout */
export async function startAgent(program = AGENT) {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  await once(child, 'spawn');

  /** @param {import('./agent.mjs').Order} order @returns {Promise<Figures>} */
  async function ask(order) {
    child.send(order);
    const [outcome] = await Promise.race([once(child, 'message'), exited]);
    if (typeof outcome !== 'object' || outcome === null) throw new Error(`the agent ended with ${outcome}`);
    return /** @type {Figures} */ (outcome);
  }

  return {
    /** Resolves when it watches these processes. @param {readonly number[]} pids @param {string} source */
    watch: (pids, source) => ask({ command: 'watch', pids: [...pids], source: /** @type {'auto'} */ (source) }),
    /** Resolves when nothing of it is in the kernel any more. */
    release: () => ask({ command: 'release' }),
    /** Figures, once `count` spans were seen or the time is over. @param {number} count */
    figures: (count, timeoutMs = GIVE_UP_MS) => ask({ command: 'figures', count, timeoutMs }),
    bpfIds: () => heldBy(/** @type {number} */ (child.pid)),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
