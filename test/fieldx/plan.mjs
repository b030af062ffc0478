// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * What a server is asked to answer; every stack of the field does the same with it. It travels in the query, so that the path, which names
 * the request, stays short: `/make/<id>?status=404&delay=20`.
 *
 * @typedef {object} Answer
 * @property {number} [status] default 200
 * @property {number} [head] bytes of fields beside the ordinary ones
 * @property {number} [body] bytes of the body; default 2
 * @property {number} [chunks] pieces the body is written in; default 1
 * @property {number} [gap] milliseconds before each piece but the first
 * @property {number} [delay] milliseconds before the head
 * @property {'length' | 'chunked' | 'close'} [frame] default `length` for one piece, else `chunked`
 * @property {number} [flush] 1: the head is written by itself, and the first piece comes after a gap
 * @property {number} [early] 1: the answer does not wait for the body of the request
 * @property {number} [cut] the connection is broken off after so many pieces, 0: behind the head; -1: instead of an answer
 * @property {'text/plain' | 'text/event-stream'} [type]
 */

const NUMBERS = /** @type {const} */ (['status', 'head', 'body', 'chunks', 'gap', 'delay', 'flush', 'early', 'cut']);

/** @param {Answer} answer */
export function toQuery(answer) {
  return Object.entries(answer)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** @param {string} query @returns {Answer} */
export function fromQuery(query) {
  const words = new URLSearchParams(query);
  const numbers = NUMBERS.flatMap((name) => (words.has(name) ? [[name, Number(words.get(name))]] : []));
  const frame = words.get('frame');
  const type = words.get('type');
  return {
    ...Object.fromEntries(numbers),
    ...(frame === 'length' || frame === 'chunked' || frame === 'close' ? { frame } : {}),
    ...(type === 'text/event-stream' ? { type } : {}),
  };
}

/** The body in its pieces. @param {Answer} answer @returns {Buffer[]} */
export function piecesOf({ body = 2, chunks = 1 }) {
  if (body === 0) return [];
  const size = Math.max(1, Math.floor(body / chunks));
  const count = Math.min(chunks, body);
  return Array.from({ length: count }, (_, at) =>
    Buffer.alloc(at === count - 1 ? body - size * (count - 1) : size, 98),
  );
}

/** Statuses that take a body, in turn: neighbours differ. @param {number} n */
export function statusOf(n) {
  return /** @type {number} */ ([200, 404, 201, 500, 202, 400, 203, 503, 403, 410, 422][n % 11]);
}
