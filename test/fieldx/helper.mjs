// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A module of ours in a process of its own, that answers commands. */
export class Helper {
  #child;
  #last = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {string} module beside this file @param {{ command: string, args: readonly string[] }} [inside] what runs it elsewhere */
  constructor(module, inside) {
    this.#child = fork(fileURLToPath(new URL(module, import.meta.url)), [], {
      serialization: 'advanced',
      ...(inside === undefined ? {} : { execPath: inside.command, execArgv: [...inside.args, process.execPath] }),
    });
    this.#child.on('message', (/** @type {any} */ { id, result, error }) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiter?.resolve(result);
      else waiter?.reject(new Error(error));
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${module} ended with ${code}`));
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
