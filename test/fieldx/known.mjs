// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * What is known not to be exact, and why: `profile` in every row, or `row profile`. It is told in docs/field.md and is no failure; everything
 * else that is not exact is one.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const KNOWN = {};

/** @param {string} row @param {string} profile */
export function knownReason(row, profile) {
  return KNOWN[`${row} ${profile}`] ?? KNOWN[profile];
}
