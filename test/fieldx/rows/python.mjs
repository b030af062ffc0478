// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fileURLToPath } from 'node:url';
import { pythonWith, tool } from '../../matrix/cache.mjs';
import { allBut, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/python/', import.meta.url));
const REQUIREMENTS = ['gunicorn==27.0.1', 'gevent==26.9.0', 'packaging==25.0', 'uvicorn==0.54.0', 'httptools==0.9.0'];
const python = () => pythonWith('field-python', REQUIREMENTS);

/** @param {'gthread' | 'gevent' | 'sync'} kind @returns {import('../row.mjs').Row['start']} */
function gunicorn(kind) {
  return async ({ port, word }) => {
    const threads = kind === 'gthread' ? ['--threads', '8'] : [];
    const common = ['-m', 'gunicorn', '--chdir', APPS, '-w', '2', '--keep-alive', '60', '-k', kind, '-n', word];
    const args = [...common, ...threads, '-b', `127.0.0.1:${port}`, 'wsgi:app'];
    return runProgram(await python(), args, { ready: /Booting worker/, on: 'stderr' });
  };
}

/** @type {import('../row.mjs').Row['start']} */
async function uvicorn({ port }) {
  const args = [
    '-m',
    'uvicorn',
    '--app-dir',
    APPS,
    '--workers',
    '2',
    '--timeout-keep-alive',
    '60',
    '--port',
    String(port),
    'asgi:app',
  ];
  return runProgram(await python(), args, { ready: /Application startup complete/, on: 'stderr' });
}

const able = allBut('cuts', 'frames');

const DEBIAN_PYTHON = '/usr/bin/python3';

/** @type {import('../row.mjs').Row['start']} */
function twisted({ port, word }) {
  return runProgram(DEBIAN_PYTHON, [`${APPS}twisted-server.py`, String(port), word]);
}

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'gunicorn-gthread',
    stack: 'gunicorn, gthread',
    prepare: python,
    start: gunicorn('gthread'),
    able,
    isPrefork: true,
  },
  {
    id: 'gunicorn-gevent',
    stack: 'gunicorn, gevent',
    prepare: python,
    start: gunicorn('gevent'),
    able,
    isPrefork: true,
  },
  { id: 'gunicorn-sync', stack: 'gunicorn, sync', prepare: python, start: gunicorn('sync'), able },
  { id: 'uvicorn', stack: 'uvicorn --workers 2', prepare: python, start: uvicorn, able, isPrefork: true },
  {
    id: 'twisted',
    stack: 'Twisted of Debian',
    prepare: () => tool(DEBIAN_PYTHON, ['-c', 'import twisted.web']),
    start: twisted,
    able: allBut('cuts', 'frames', 'early', 'half-close'),
  },
];
