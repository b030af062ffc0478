// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { heldBy } from '../support/bpf-ids.mjs';

const AGENT = new URL('./agent.mjs', import.meta.url).pathname;
const GIVE_UP_MS = 5000;
const QUIET_MS = 1500;

/**
 * @typedef {object} Figures
 * @property {string} source
 * @property {number} spans server spans since the start
 * @property {number} firstSpanMs from createBeyla() to the first span, under traffic
 * @property {number} cpuUs
 * @property {number} rssBytes
 * @property {Record<string, number>} drops
 */

/**
 * Starts the agent on these processes.
 *
 * @param {{ pids: readonly number[], source: string }} options
 */
export async function startAgent({ pids, source }) {
  const child = fork(AGENT, ['--source', source, '--pids', pids.join(',')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');

  /** Figures, once `count` spans were seen or the time is over. @param {number} count @returns {Promise<Figures>} */
  async function figures(count, timeoutMs = GIVE_UP_MS) {
    child.send({ count, timeoutMs });
    const [outcome] = await Promise.race([once(child, 'message'), exited]);
    if (typeof outcome !== 'object' || outcome === null) throw new Error(`the agent ended with ${outcome}`);
    return /** @type {Figures} */ (outcome);
  }

  return {
    figures,
    /** Figures when everything that is under way has arrived. */
    settledFigures: () => figures(Number.MAX_SAFE_INTEGER, QUIET_MS),
    bpfIds: () => heldBy(/** @type {number} */ (child.pid)),
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
