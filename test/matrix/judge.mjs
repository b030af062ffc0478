// @ts-check
import { callOf, GIVEN_UP, requestOf } from './requests.mjs';

/**
 * @typedef {import('@beyla/core').RequestSpan} RequestSpan
 * @typedef {import('./peer.mjs').Truth} Truth
 * @typedef {import('./columns.mjs').Column} Column
 */

const SHOWN = 3;

/**
 * What is wrong with the spans of one cell; nothing when they are exactly what the other end saw.
 *
 * @param {{ column: Column, side: 'server' | 'client', truth: readonly Truth[], spans: readonly RequestSpan[], count: number, answers?: Readonly<Record<string, number>> | undefined, counted?: { left: number } }} cell
 *   `count` is how many requests there were to be, `counted` how many the library says it lost; what is excused is taken off
 * @returns {string[]}
 */
export function judge({ column, side, truth, spans, count, answers = {}, counted = { left: 0 } }) {
  const wanted = `${column.kind === 'grpc' ? 'grpc' : 'http'}.${side}`;
  const fitting = spans.filter((span) => span.kind === wanted);
  const faults = [...strangeKinds(spans, wanted), ...wrongFacts(fitting, column)];
  const [seen, planned] =
    column.kind === 'grpc' ? [withoutLate(truth), withoutLate(plannedCalls(count))] : [truth.length, count];
  if (seen !== planned) faults.unshift(`the other end saw ${seen} of ${planned} requests`);
  faults.push(...wrongAnswers(truth, column, answers));

  const excused = excusable(truth, column);
  const strict = truth.filter((one) => !excused.has(one));
  const left = countBy(strict, (one) => truthKey(one, column));
  /** @type {RequestSpan[]} */
  const surplus = [];
  for (const span of fitting) {
    const key = spanKey(span, side);
    const times = left.get(key) ?? 0;
    if (times > 0) left.set(key, times - 1);
    else surplus.push(span);
  }
  const missing = [...left].flatMap(([key, times]) => Array.from({ length: times }, () => key));
  const kept = countBy([...excused], (one) => String(one.port));
  // A call whose deadline has passed on the way is sent, but its server does not call the program, whose log is the truth.
  let late = column.kind === 'grpc' ? lateOf(plannedCalls(count)) - lateOf(truth) : 0;
  const unknown = surplus.filter(
    (span) => !isOfKept(span, side, kept, truth, column) && !(side === 'client' && isLate(span, side) && late-- > 0),
  );
  if (missing.length > 0) faults.push(`${missing.length} without a span: ${some(missing)}`);
  if (unknown.length > 0) {
    faults.push(`${unknown.length} spans too many: ${some(unknown.map((span) => spanKey(span, side)))}`);
  }
  const lost = [...kept.values()].reduce((sum, times) => sum + times, 0);
  if (lost > counted.left)
    faults.push(`${lost} without a span on connections older than the tracer, ${counted.left} counted`);
  counted.left -= Math.min(lost, counted.left);
  return faults;
}

/**
 * What may stay unknown, if it is counted. On a multiplexed connection that is older than the tracer, header fields may refer back to
 * what nobody saw. Of TLS on a socket that is older, the first request may have been on its way through the library already.
 *
 * @param {readonly Truth[]} truth @param {Column} column
 */
function excusable(truth, { kind, tls }) {
  const kept = truth.filter((one) => one.kept);
  if (kind !== 'http1') return new Set(kept);
  const first = new Map(kept.toReversed().map((one) => [one.port, one]));
  return new Set(tls ? first.values() : []);
}

/**
 * A span of such a connection says what was, or leaves it open.
 *
 * @param {RequestSpan} span @param {'server' | 'client'} side @param {Map<string, number>} kept left to be explained, by client port
 * @param {readonly Truth[]} truth @param {Column} column
 */
function isOfKept(span, side, kept, truth, column) {
  const port = clientPort(span, side);
  const times = kept.get(String(port)) ?? 0;
  const key = spanKey(span, side);
  const isTrue = truth.some((one) => one.port === port && truthKey(one, column) === key);
  if (times === 0 || !(isTrue || leavesOpen(span))) return false;
  kept.set(String(port), times - 1);
  return true;
}

/** @param {number} count */
function plannedCalls(count) {
  return Array.from({ length: count }, (_, n) => callOf(n));
}

/** The deadline of a call may pass before a client has a connection to send it on. @param {readonly { path: string }[]} calls */
function withoutLate(calls) {
  return calls.filter(({ path }) => !path.endsWith('/Late')).length;
}

/** @param {readonly { path: string }[]} calls */
function lateOf(calls) {
  return calls.length - withoutLate(calls);
}

/** A call that was given up, as it was to be. @param {RequestSpan} span @param {'server' | 'client'} side */
function isLate(span, side) {
  return spanKey(span, side).endsWith('/Late given up');
}

/** @param {RequestSpan} span */
function leavesOpen(span) {
  const { path, statusCode } = /** @type {{ path: string, statusCode?: number }} */ (span);
  return path === '' || path === '*' || statusCode === undefined;
}

/** @param {RequestSpan} span @param {'server' | 'client'} side */
function clientPort(span, side) {
  return side === 'server' ? span.remote.port : span.local.port;
}

/** @param {RequestSpan} span @param {'server' | 'client'} side */
function spanKey(span, side) {
  const port = clientPort(span, side);
  if (span.kind.startsWith('grpc')) {
    const { service, method, grpcStatus } = /** @type {{ service: string, method: string, grpcStatus?: number }} */ (
      /** @type {unknown} */ (span)
    );
    const ended = GIVEN_UP.includes(method) && grpcStatus !== 0 ? 'given up' : grpcStatus;
    return `${port} /${service}/${method} ${ended}`;
  }
  const { method, path, statusCode } = /** @type {import('@beyla/core').HttpServerSpan} */ (span);
  return `${port} ${method} ${path} ${statusCode}`;
}

/** @param {Truth} truth @param {Column} column */
function truthKey({ port, method, path, status }, { kind }) {
  if (kind !== 'grpc') return `${port} ${method} ${path} ${status}`;
  return `${port} ${path} ${GIVEN_UP.includes(path.split('/')[2] ?? '') ? 'given up' : status}`;
}

/** @param {readonly RequestSpan[]} spans @param {string} wanted */
function strangeKinds(spans, wanted) {
  const strange = spans.filter((span) => span.kind !== wanted);
  return strange.length === 0 ? [] : [`${strange.length} spans of the wrong kind: ${strange[0]?.kind}`];
}

/** @param {readonly RequestSpan[]} spans @param {Column} column */
function wrongFacts(spans, { kind, tls }) {
  const version = kind === 'http1' ? /^1\.[01]$/ : /^2$/;
  /** @type {string[]} */
  const wrong = [];
  for (const span of spans) {
    const { scheme } = /** @type {{ scheme: string }} */ (/** @type {unknown} */ (span));
    if (span.local.address !== '127.0.0.1' || span.remote.address !== '127.0.0.1') {
      wrong.push(`addresses ${span.local.address} and ${span.remote.address}`);
    }
    if (scheme !== (tls ? 'https' : 'http')) wrong.push(`scheme ${scheme}`);
    if (!version.test(span.protocolVersion)) wrong.push(`version ${span.protocolVersion}`);
    if (!(span.startNs > 0 && span.endNs >= span.startNs)) wrong.push(`from ${span.startNs} to ${span.endNs}`);
  }
  return wrong.length === 0 ? [] : [`${wrong.length} wrong facts: ${some([...new Set(wrong)])}`];
}

/** A program that does not do what it is to do proves nothing. @param {readonly Truth[]} truth @param {Column} column @param {Readonly<Record<string, number>>} answers */
function wrongAnswers(truth, { kind }, answers) {
  const wrong = truth.filter(({ path, status }) => {
    if (kind === 'grpc') {
      const rpc = path.split('/')[2];
      const number = [0, 4, 5, 6, 7, 8, 9].find((n) => callOf(n).rpc === rpc) ?? 0;
      return !callOf(number).status.includes(status);
    }
    const planned = requestOf(Number(path.split('/')[2]));
    return (answers[planned.kind] ?? planned.status) !== status;
  });
  const shown = wrong.map(({ method, path, status }) => `${method} ${path} ${status}`);
  return wrong.length === 0 ? [] : [`the program answered ${wrong.length} requests wrongly: ${some(shown)}`];
}

/** @template T @param {readonly T[]} items @param {(item: T) => string} key @returns {Map<string, number>} */
function countBy(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** @param {readonly string[]} all */
function some(all) {
  return all.slice(0, SHOWN).join(', ') + (all.length > SHOWN ? ', …' : '');
}
