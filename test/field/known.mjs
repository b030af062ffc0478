// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * What is known not to be exact, and why: `profile` in every row, or `row profile`. It is told in docs/field.md and is no failure, as long as
 * nothing is worse than `worst`; everything else that is not exact is one.
 *
 * @typedef {{ worst: import('./judge.mjs').Fault, why: string }} Known
 *
 * @type {Readonly<Record<string, Known>>}
 */
const KNOWN = {
  pipelined: {
    worst: 'unset',
    why: "requests behind the first of a burst begin when they were read, and say so (`startSource: 'read'`)",
  },
  early: { worst: 'counted', why: 'the request behind an upload that was answered early is counted' },
};

/** @param {string} row @param {string} profile */
export function knownOf(row, profile) {
  return KNOWN[`${row} ${profile}`] ?? KNOWN[profile];
}
