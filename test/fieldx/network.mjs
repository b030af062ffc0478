// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const IP = '/usr/sbin/ip';
/** In namespaces of our own nobody else has addresses. */
const SERVER = '10.83.0.1';
const CLIENT = '10.83.0.2';

/**
 * Two network namespaces of our own with a wire between them.
 *
 * @typedef {object} Network
 * @property {string} server its address
 * @property {string} client its address
 * @property {(end: 'server' | 'client') => { command: string, args: string[] }} inside what is to be before a command that runs at that end
 * @property {() => void} remove
 */

/** @param {{ steered: boolean }} options `steered`: what arrives is handed to all processors (RPS), as on many real machines @returns {Network} */
export function makeNetwork({ steered }) {
  const suffix = randomBytes(3).toString('hex');
  const names = { server: `field-${suffix}-s`, client: `field-${suffix}-c` };
  const ip = (/** @type {string[]} */ ...args) => execFileSync(IP, args, { stdio: 'pipe' });
  const remove = () => {
    for (const name of Object.values(names)) {
      try {
        ip('netns', 'delete', name);
      } catch {
        // It was not made.
      }
    }
  };
  try {
    for (const name of Object.values(names)) ip('netns', 'add', name);
    ip('-n', names.server, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', names.client);
    for (const [name, address] of /** @type {const} */ ([
      [names.server, SERVER],
      [names.client, CLIENT],
    ])) {
      ip('-n', name, 'address', 'add', `${address}/30`, 'dev', 'wire');
      ip('-n', name, 'link', 'set', 'wire', 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      if (steered) ip('netns', 'exec', name, 'sh', '-c', 'echo 3 > /sys/class/net/wire/queues/rx-0/rps_cpus');
    }
  } catch (error) {
    remove();
    throw error;
  }
  return {
    server: SERVER,
    client: CLIENT,
    inside: (end) => ({ command: IP, args: ['netns', 'exec', names[end]] }),
    remove,
  };
}
