// SPDX-License-Identifier: Apache-2.0
// @ts-check
/** @typedef {import('./judge.mjs').Fault} Fault */

/** The worst first. @type {readonly Fault[]} */
export const FAULTS = ['wrong', 'lost', 'unset', 'counted', 'inflated'];

/** One line: `exact`, or how much is wrong and the worst of it. @param {import('./measure.mjs').Result} result */
export function summary({ requests, findings, failure }) {
  if (failure !== undefined) return `the laboratory failed: ${failure.split('\n')[0]}`;
  if (findings.length === 0) return 'exact';
  const counts = FAULTS.map((fault) => [
    fault,
    new Set(findings.filter((one) => one.fault === fault).map(({ id }) => id)).size,
  ]);
  const said = counts.filter(([, count]) => count !== 0).map(([fault, count]) => `${count} ${fault}`);
  const worst = FAULTS.map((fault) => findings.find((one) => one.fault === fault)).find((one) => one !== undefined);
  return `${said.join(', ')} of ${requests}: ${worst?.what}`;
}
