// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tool } from '../../matrix/cache.mjs';
import { listening } from '../listening.mjs';
import { allBut, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/ruby/', import.meta.url));

/** @type {import('../row.mjs').Row['start']} */
function puma({ port, word }) {
  const env = { FIELD_PORT: String(port) };
  const ready = /Worker 1 \(PID: \d+\) booted/;
  return runProgram('/usr/bin/puma', ['-C', `${APPS}puma.rb`, '--tag', word], { env, ready });
}

/** @type {import('../row.mjs').Row['start']} */
function unicorn({ port, folder }) {
  const file = join(folder, 'unicorn.rb');
  writeFileSync(file, 'worker_processes 8\n');
  const args = ['-E', 'none', '-c', file, '-l', `127.0.0.1:${port}`, `${APPS}config.ru`];
  return runProgram('/usr/bin/unicorn', args, { ready: /worker=7 ready/, on: 'stderr' });
}

/** @type {import('../row.mjs').Row['start']} */
function thin({ port, folder }) {
  const args = ['start', '--threaded', '-a', '127.0.0.1', '-p', String(port), '-R', `${APPS}config.ru`, '-e', 'none'];
  return listening(port, () =>
    runProgram('/usr/bin/thin', [...args, '-P', join(folder, 'thin.pid')], { ready: 'spawned' }),
  );
}

const able = allBut('cuts', 'frames');

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'puma',
    stack: 'Puma, cluster of 2',
    prepare: () => tool('/usr/bin/puma', ['--version']),
    start: puma,
    corksMs: 210,
    able,
    isPrefork: true,
  },
  { id: 'unicorn', stack: 'unicorn', prepare: () => tool('/usr/bin/unicorn', ['--version']), start: unicorn, able },
  {
    id: 'thin',
    stack: 'thin --threaded',
    prepare: () => tool('/usr/bin/thin', ['--version']),
    start: thin,
    able: allBut('cuts', 'frames', 'streams'),
  },
];
