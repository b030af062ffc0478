// @ts-check
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bpftool, heldBy } from '../support/bpf-ids.mjs';

const AGENT = fileURLToPath(new URL('agent.mjs', import.meta.url));
const GIVE_UP_MS = 20_000;
/** Maps of which one entry is one thing that is followed; bpf/maps.h. */
const TABLES = ['connections', 'ports', 'pids'];

/**
 * @typedef {object} Sample
 * @property {number} atMs since the start of the load
 * @property {number} rssBytes
 * @property {number} heapBytes live objects and buffers, after a collection
 * @property {number} cpuMs
 * @property {number} spans
 * @property {number} lost
 * @property {Record<string, number>} tables sizes in the agent
 * @property {Record<string, number>} held file descriptors, and BPF programs, maps and links
 */

/** Starts the agent on all processes with this word on their command line. @param {string} word */
export async function startAgent(word) {
  const child = fork(AGENT, [], { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const pid = /** @type {number} */ (child.pid);
  const exited = once(child, 'exit');
  /** @type {Map<string, (message: any) => void>} */
  const waiting = new Map();
  /** @type {Set<string>} */
  const told = new Set();
  child.on('message', (/** @type {{ type: string, pid: number }} */ message) => {
    const key = message.type === 'sample' ? 'sample' : `${message.type} ${message.pid}`;
    const resolve = waiting.get(key);
    waiting.delete(key);
    if (resolve === undefined) told.add(key);
    else resolve(message);
  });

  /** @param {string} key @returns {Promise<any>} */
  function next(key) {
    if (told.delete(key)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the agent did not say \`${key}\` in ${GIVE_UP_MS} ms`)),
        GIVE_UP_MS,
      );
      const settle = (/** @type {unknown} */ message) => {
        clearTimeout(timer);
        resolve(message);
      };
      waiting.set(key, settle);
      void exited.then(([code]) => {
        clearTimeout(timer);
        reject(new Error(`the agent ended with ${code}`));
      });
    });
  }

  child.send({ watch: `*${word}*` });
  await next('watching 0');
  const startMs = performance.now();
  return {
    pid,
    started: (/** @type {number} */ other) => next(`started ${other}`),
    ended: (/** @type {number} */ other) => next(`ended ${other}`),
    bpfIds: () => heldBy(pid),
    /** @returns {Promise<Sample>} */
    async sample() {
      const answer = next('sample');
      child.send({});
      const { rssBytes, heapBytes, cpuMs, spans, lost, tables } = await answer;
      return { atMs: performance.now() - startMs, rssBytes, heapBytes, cpuMs, spans, lost, tables, held: held(pid) };
    },
    kernelTables: () => kernelTables(pid),
    /** Lets it close and end by itself. */
    async stop() {
      if (child.connected) child.disconnect();
      const [code] = await exited;
      if (code !== 0) throw new Error(`the agent ended with ${code}`);
    },
  };
}

/** @param {number} pid */
function held(pid) {
  const counts = { fds: readdirSync(`/proc/${pid}/fd`).length, programs: 0, maps: 0, links: 0 };
  for (const id of heldBy(pid)) {
    if (id.startsWith('prog')) counts.programs += 1;
    else if (id.startsWith('map')) counts.maps += 1;
    else counts.links += 1;
  }
  return counts;
}

/** Used entries of the agent's own maps. @param {number} pid @returns {Record<string, number>} */
function kernelTables(pid) {
  const ids = heldBy(pid);
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const { id, name = '' } of bpftool('map')) {
    if (!TABLES.includes(name) || !ids.has(`map ${id}`)) continue;
    const text = execFileSync('bpftool', ['-j', 'map', 'dump', 'id', String(id)], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const entries = /** @type {{ value: string[] }[]} */ (JSON.parse(text));
    sizes[`kernel ${name}`] = name === 'pids' ? entries.filter(({ value }) => isPid(value)).length : entries.length;
  }
  return sizes;
}

/**
 * Every place of the array is an entry. One in use has a pid in its low half; a mark in its high half says that it was in use.
 *
 * @param {readonly string[]} bytes
 */
function isPid(bytes) {
  const low = bytes.slice(0, 4).some((byte) => Number(byte) !== 0);
  return low && bytes.slice(4).every((byte) => Number(byte) === 0);
}
