// @ts-check
// What request number `n` is, the same for every client and server of the matrix. Every request has a path of its own.

/** Larger than a frame, a TLS record and a socket's buffer take at once. */
export const BIG_BYTES = 100_000;

/**
 * @typedef {{ kind: string, method: 'GET' | 'POST', path: string, status: number, bodyBytes: number }} PlannedRequest
 * @typedef {{ rpc: string, path: string, status: readonly number[] }} PlannedCall
 */

const KINDS = ['ok', 'missing', 'fail', 'echo', 'big'];
/** @type {Readonly<Record<string, number>>} */
const STATUS = { missing: 404, fail: 500 };

/** @param {number} n @returns {PlannedRequest} */
export function requestOf(n) {
  const kind = /** @type {string} */ (KINDS[n % KINDS.length]);
  return {
    kind,
    method: kind === 'echo' ? 'POST' : 'GET',
    path: `/${kind}/${n}`,
    status: STATUS[kind] ?? 200,
    bodyBytes: kind === 'echo' ? 10 + (n % 3000) : 0,
  };
}

export const SERVICE = 'matrix.Echo';
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const RPCS = ['Unary', 'Unary', 'Unary', 'Unary', 'Fail', 'Collect', 'Count', 'Chat', 'Late', 'Hang'];

/** What may be known of how a call ended: that of a call its client gave up is not told on the wire. */
const CALL_STATUS = /** @type {Readonly<Record<string, readonly number[]>>} */ ({
  Fail: [NOT_FOUND],
  Late: [DEADLINE_EXCEEDED, CANCELLED],
  Hang: [CANCELLED, DEADLINE_EXCEEDED],
});

/** Calls are told apart by their name and how many there were. */
export const GIVEN_UP = ['Late', 'Hang'];

/** @param {number} n @returns {PlannedCall} */
export function callOf(n) {
  const rpc = /** @type {string} */ (RPCS[n % RPCS.length]);
  return { rpc, path: `/${SERVICE}/${rpc}`, status: CALL_STATUS[rpc] ?? [0] };
}
