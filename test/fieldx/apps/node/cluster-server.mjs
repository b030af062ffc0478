// SPDX-License-Identifier: Apache-2.0
// @ts-check
import cluster from 'node:cluster';

const WORKERS = 2;
if (cluster.isPrimary) {
  let listening = 0;
  for (let n = 0; n < WORKERS; n++) cluster.fork();
  cluster.on('listening', () => {
    if (++listening === WORKERS) console.log('READY');
  });
  process.once('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
    process.exit();
  });
} else {
  await import('./http-server.mjs');
}
