// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { runProgram as runMatrixProgram } from '../matrix/row.mjs';

/**
 * A row of the field: one stack, as a server, or as a proxy between our client and our server.
 *
 * @typedef {import('../support/run-app.mjs').App} App
 * @typedef {import('./profiles.mjs').Ability} Ability
 *
 * @typedef {object} Row
 * @property {string} id
 * @property {string} stack
 * @property {() => Promise<unknown>} prepare installs what it needs; throws `Unavailable` with the cause when it cannot
 * @property {(context: Context) => Promise<App | readonly App[]>} start resolves when it listens
 * @property {readonly Ability[]} able
 * @property {boolean} [isProxy] it asks `origin`, and its client spans are judged by the log there
 * @property {Readonly<Record<string, string>>} [leaves] profiles it cannot take part in, and why
 * @property {Readonly<Record<string, string>>} [known] profiles that are known not to be exact, and why
 * @property {number} [corksMs] the kernel may keep what it writes for so long (MSG_MORE, TCP_CORK), until more comes
 * @property {'veth' | 'veth-rps'} [network] default loopback
 * @property {readonly string[]} [only] these profiles
 * @property {(span: import('@beyla/core').RequestSpan) => boolean} [asksItself] whether its own processes make such requests of it
 * @property {boolean} [isPrefork] several processes accept: it takes part in the late attaches
 *
 * @typedef {object} ClientRow a client that asks our server
 * @property {string} id
 * @property {string} stack
 * @property {() => Promise<unknown>} prepare
 * @property {(context: ClientContext) => Promise<App>} start
 * @property {(app: App, base: string, asks: readonly import('./asks.mjs').Ask[]) => Promise<void>} [ask] resolves at its end; a row without it asks
 *   as soon as it is started
 *
 * @typedef {{ base: string, folder: string, word: string, repeats: number }} ClientContext `word` is to be on its command line
 *
 * @typedef {object} Context
 * @property {string} host to listen on
 * @property {(command: string, args: readonly string[]) => [string, string[]]} inside the command, at the server's end of the network
 * @property {number} port to listen on
 * @property {number} origin the port of our server
 * @property {string} folder of its own, removed afterwards
 * @property {string} word is unique
 */

/** All that a server program can do that we wrote for a library. @type {readonly Ability[]} */
export const EVERYTHING = [
  'answers',
  'frames',
  'cuts',
  'early',
  'streams',
  'big-heads',
  'pipelines',
  'chunked-uploads',
  'half-close',
];

/** @param {...Ability} but @returns {readonly Ability[]} */
export function allBut(...but) {
  return EVERYTHING.filter((ability) => !but.includes(ability));
}

/**
 * Starts a program on a port that it was told.
 *
 * @param {string} command @param {readonly string[]} args @param {Parameters<typeof runMatrixProgram>[2]} [options]
 */
export function runProgram(command, args, options = {}) {
  return runMatrixProgram(command, args, { timeoutMs: 40_000, ...options });
}
