// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { closeSync, openSync } from 'node:fs';
import { createBeyla } from '@beyla/core';
import { answerCommands } from './helper-process.mjs';

/** A host that watches, and that can use up its descriptors; whatever is not handled ends it. */
/** @type {import('@beyla/core').Beyla | undefined} */
let beyla;
/** @type {string[]} */
const paths = [];
/** @type {number[]} */
let hoard = [];

answerCommands({
  /** @param {import('@beyla/core').BeylaOptions} options */
  async start(options) {
    beyla = await createBeyla(options);
    beyla.on('span', (spans) => paths.push(...spans.map((span) => span.path)));
  },
  /** @param {number} left descriptors that are left */
  starve(left) {
    try {
      for (;;) hoard.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EMFILE') throw error;
    }
    for (let i = 0; i < left; i += 1) closeSync(/** @type {number} */ (hoard.pop()));
    return hoard.length;
  },
  feed() {
    for (const file of hoard) closeSync(file);
    hoard = [];
  },
  state() {
    return {
      paths,
      health: beyla?.health(),
      drops: beyla?.stats().drops,
      discovery: beyla?.stats().discovery,
      processes: beyla?.processes.map(({ pid }) => pid),
    };
  },
  close: () => beyla?.close(),
});
