// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fileURLToPath } from 'node:url';
import { EVERYTHING, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/node/', import.meta.url));

/** @param {string} script @param {...string} more @returns {import('../row.mjs').Row['start']} */
function start(script, ...more) {
  return ({ port, word }) => runProgram(process.execPath, [`${APPS}${script}`, String(port), word, ...more]);
}

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'node',
    stack: 'Node http',
    prepare: async () => {},
    start: start('http-server.mjs', 'half-open'),
    able: EVERYTHING,
  },
  {
    id: 'node-cluster',
    stack: 'Node http, cluster of 2',
    prepare: async () => {},
    start: start('cluster-server.mjs'),
    able: EVERYTHING,
    isPrefork: true,
  },
];
