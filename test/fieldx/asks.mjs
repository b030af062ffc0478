// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { statusOf, toQuery } from './plan.mjs';

/**
 * What clients ask of our server.
 *
 * @typedef {{ method: 'GET' | 'POST' | 'HEAD', target: string, body: number }} Ask
 */

/** @type {readonly import('./plan.mjs').Answer[]} */
const ANSWERS = [
  { body: 40 },
  { body: 210, delay: 45 },
  { body: 50, head: 600 },
  { body: 77, chunks: 2, frame: 'chunked' },
  { body: 3000, head: 2000, delay: 15 },
  { body: 1200, chunks: 12, frame: 'chunked' },
  { body: 64, chunks: 2, gap: 260, flush: 1, frame: 'length' },
  { body: 900, chunks: 3, gap: 110, head: 700, frame: 'chunked' },
  { body: 150_000, frame: 'length' },
  { body: 20, head: 8000, delay: 90 },
  { body: 0 },
  { body: 1_000_000, chunks: 10, frame: 'chunked' },
];

/** @param {string} name begins every path @param {number} count @returns {Ask[]} */
export function mixedAsks(name, count) {
  return Array.from({ length: count }, (_, n) => {
    const answer = { status: statusOf(n), ...ANSWERS[n % ANSWERS.length] };
    const isPost = n % 5 === 3;
    return {
      method: isPost ? 'POST' : n % 13 === 5 ? 'HEAD' : 'GET',
      target: `/make/${name}-${n}?${toQuery(answer)}`,
      body: isPost ? 10 + n * 131 : 0,
    };
  });
}
