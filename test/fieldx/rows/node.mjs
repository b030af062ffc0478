// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fileURLToPath } from 'node:url';
import { npmModules, tool } from '../../matrix/cache.mjs';
import { allBut, EVERYTHING, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/node/', import.meta.url));

/** @param {string} script @param {...string} more @returns {import('../row.mjs').Row['start']} */
function start(script, ...more) {
  return ({ port, word, host, inside }) =>
    runProgram(...inside(process.execPath, [`${APPS}${script}`, String(port), host, word, ...more]));
}

const packages = () => npmModules('field-node', { express: '5.2.1', fastify: '5.6.2', helmet: '8.1.0', koa: '3.1.1' });

/** @param {string} framework @returns {import('../row.mjs').Row['start']} */
function framework(framework) {
  return async ({ port, word }) =>
    runProgram(process.execPath, [`${APPS}framework-server.mjs`, String(port), await packages(), framework, word]);
}

const able = allBut('half-close');
const NETWORK_PROFILES = ['plain', 'close', 'keep-alive', 'trickled-response', 'uploads', 'downloads', 'tokens'];

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
  { id: 'express', stack: 'Express with helmet', prepare: packages, start: framework('express'), able },
  { id: 'fastify', stack: 'fastify', prepare: packages, start: framework('fastify'), able },
  { id: 'koa', stack: 'koa', prepare: packages, start: framework('koa'), able },
  .../** @type {const} */ (['veth', 'veth-rps']).map((network) => ({
    id: `node-${network}`,
    stack: `Node http, over veth${network === 'veth-rps' ? ' with RPS' : ''}`,
    prepare: () => tool('/usr/sbin/ip', ['-V']),
    start: start('http-server.mjs', 'half-open'),
    able: EVERYTHING,
    network,
    only: NETWORK_PROFILES,
  })),
];
