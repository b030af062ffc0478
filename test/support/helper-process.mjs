// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A module of ours in a process of its own, that answers commands (`answerCommands`). */
export class HelperProcess {
  #child;
  #last = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {string} path of the module @param {readonly string[]} [args] @param {import('node:child_process').ForkOptions} [options] */
  constructor(path, args = [], options = {}) {
    this.#child = fork(path, [...args], options);
    this.#child.on('message', (/** @type {any} */ { id, result, error }) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiter?.resolve(result);
      else waiter?.reject(new Error(error));
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${path} ended with ${code}`));
    });
  }

  /** @param {string} command @param {unknown} [argument] @returns {Promise<any>} */
  ask(command, argument) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, argument });
    });
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

/** The other end: answers commands until whoever has started this process goes. @param {Readonly<Record<string, (argument: any) => unknown>>} commands */
export function answerCommands(commands) {
  process.on('message', async (/** @type {any} */ { id, command, argument }) => {
    try {
      const run = commands[command];
      if (run === undefined) throw new Error(`there is no command ${command}`);
      process.send?.({ id, result: await run(argument) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
