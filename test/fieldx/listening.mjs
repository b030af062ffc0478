// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const TIMEOUT_MS = 20_000;
const AGAIN_MS = 50;

/**
 * Starts a program that does not say when it listens, and resolves when a connection is accepted.
 *
 * @param {number} port @param {() => Promise<import('./row.mjs').App>} start
 */
export async function listening(port, start) {
  const app = await start();
  // Nobody reads what it says on standard output, and a full pipe would stop it.
  app.child.stdout?.resume();
  const deadline = performance.now() + TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (app.child.exitCode !== null || performance.now() > deadline) {
      await app.stop();
      throw new Error(`${app.name} does not listen on ${port}\n${app.stderr()}`);
    }
    await pause(AGAIN_MS);
  }
  return app;
}

/** @param {number} port @returns {Promise<boolean>} */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
