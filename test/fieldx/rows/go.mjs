// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, tool } from '../../matrix/cache.mjs';
import { sourcesOf } from '../../matrix/sources.mjs';
import { listening } from '../listening.mjs';
import { allBut, runProgram } from '../row.mjs';

const APP = fileURLToPath(new URL('../apps/go/', import.meta.url));
const built = () =>
  cached('field-go', sourcesOf(APP), (folder) =>
    tool('go', ['build', '-o', join(folder, 'server'), '.'], { cwd: APP }),
  );

/** @param {string} mptcp 1: its listener speaks Multipath TCP, as Go's does by default @returns {import('../row.mjs').Row['start']} */
function start(mptcp) {
  return async ({ port }) => {
    const env = { GODEBUG: `multipathtcp=${mptcp}` };
    const command = join(await built(), 'server');
    return await listening(port, () => runProgram(command, [String(port)], { ready: 'spawned', env }));
  };
}

const able = allBut('frames', 'half-close');

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  { id: 'go', stack: 'Go net/http', prepare: built, start: start('0'), able },
  { id: 'go-mptcp', stack: 'Go net/http, listening with MPTCP', prepare: built, start: start('2'), able },
];
