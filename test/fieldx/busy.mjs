// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { statusOf } from './plan.mjs';
import { Talk } from './talk.mjs';

const DELAYS_MS = [0, 12, 31, 4, 55, 20];

/** Traffic that does not stop on kept connections, one request at a time on each, until it is told to. */
export class Busy {
  #talk;
  #isOver = false;
  #answers;
  #lanes;
  /** @type {import('./talk.mjs').Truth[]} */
  #answered = [];
  /** @type {() => void} */
  #onAnswer = () => {};

  /** @param {{ name: string, port: number, connections: number, answers: boolean }} load `answers`: the server answers as it is asked to */
  constructor({ name, port, connections, answers }) {
    this.#talk = new Talk(name, port);
    this.#answers = answers;
    this.#lanes = Array.from({ length: connections }, (_, lane) => this.#lane(lane));
  }

  /** Resolves when it flows on every connection. */
  async flowing() {
    const wanted = this.#lanes.length * 3;
    while (this.#answered.length < wanted) {
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        this.#onAnswer = resolve;
      });
    }
  }

  take() {
    return this.#answered.splice(0);
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#lanes);
    return this.take();
  }

  /** @param {number} lane */
  async #lane(lane) {
    let line = await this.#talk.open();
    for (let n = lane; !this.#isOver; n++) {
      if (!line.isUsable) {
        await line.close();
        line = await this.#talk.open();
      }
      const delay = DELAYS_MS[n % DELAYS_MS.length] ?? 0;
      const answer = { status: statusOf(n), body: 10 + ((n * 53 + lane * 17) % 499), delay };
      const asked = this.#talk.make(n % 5 === 3 ? { method: 'POST', body: 1 + (n % 700), answer } : { answer });
      this.#talk.asked.length = 0;
      this.#answered.push(await line.ask(asked));
      this.#onAnswer();
      // Servers that do not wait themselves are asked in distinct rhythms.
      if (!this.#answers) await pause(delay);
    }
    await line.close();
  }
}
