// SPDX-License-Identifier: Apache-2.0
// @ts-check

/**
 * What can be wrong with a request, the worst first.
 *
 * - `wrong`: a span says what is not true, or tells of a request that nobody made
 * - `lost`: there is no span, and nothing was counted
 * - `unset`: a span leaves open what was to be known
 * - `counted`: there is no span, and it was counted
 * - `inflated`: more was counted than is missing
 *
 * @typedef {'wrong' | 'lost' | 'unset' | 'counted' | 'inflated'} Fault
 * @typedef {{ fault: Fault, id: string, what: string }} Finding
 * @typedef {import('./talk.mjs').Truth} Truth
 * @typedef {import('@beyla/core').HttpRequestSpan} Span
 *
 * @typedef {object} Case
 * @property {'server' | 'client'} side
 * @property {readonly Truth[]} truths
 * @property {readonly import('@beyla/core').RequestSpan[]} spans
 * @property {number} drops what was counted meanwhile
 * @property {{ client: string, server: string }} [addresses] default 127.0.0.1
 * @property {boolean} [isPartial] only some requests were to be seen: those without a span are nobody's fault
 * @property {number} [fromNs] when the tracer was there: of a request that was sent before, it cannot know when
 * @property {number} [corksMs] a server's kernel may keep what it writes for so long
 * @property {number} [strange] things beside requests that may be counted
 */

/** @typedef {{ fromNs: number, corksNs: number }} Times */

/** How far a time may be from the other end's clock, beside what the log itself knows it was late. */
const SLACK_NS = 5e6;
const SLACK_SHARE = 0.1;
/** On loopback bytes arrive while they are written; what a processor does between two instructions is in here. */
const CAUSE_NS = 1e6;

const LOOPBACK = { client: '127.0.0.1', server: '127.0.0.1' };

/** @param {Case} run @returns {Finding[]} */
export function judge({
  side,
  truths,
  spans,
  drops,
  addresses = LOOPBACK,
  isPartial,
  fromNs = 0,
  corksMs = 0,
  strange = 0,
}) {
  /** @type {Finding[]} */
  const findings = [];
  const left = grouped(
    spans,
    (span) => keyOf(clientPort(span, side), 'path' in span ? span.path : ''),
    (span) => span.startNs,
  );
  let missing = 0;
  for (const [key, group] of grouped(
    truths,
    ({ port, path }) => keyOf(port, path),
    ({ sendNs }) => sendNs,
  )) {
    const seen = left.get(key) ?? [];
    left.delete(key);
    for (const [at, truth] of group.entries()) {
      const span = seen[at];
      if (span !== undefined)
        findings.push(...factsOf(span, truth, side, addresses, { fromNs, corksNs: corksMs * 1e6 }));
      else if (!truth.mayVanish && !isPartial) {
        const fault = missing++ < drops ? 'counted' : 'lost';
        findings.push({ fault, id: truth.id, what: `no span of ${truth.method} ${truth.path} ${truth.status}` });
      }
    }
    for (const span of seen.slice(group.length)) findings.push(surplus(span, side));
  }
  for (const group of left.values()) findings.push(...group.map((span) => surplus(span, side)));
  const vanished = truths.filter(({ mayVanish }) => mayVanish).length;
  if (!isPartial && drops > missing + vanished + strange) {
    findings.push({ fault: 'inflated', id: '', what: `${drops} counted, ${missing} missing` });
  }
  return findings;
}

/** @param {number} port @param {string} path */
function keyOf(port, path) {
  return `${port} ${path}`;
}

/** @param {import('@beyla/core').RequestSpan} span @param {'server' | 'client'} side */
function clientPort(span, side) {
  return side === 'server' ? span.remote.port : span.local.port;
}

/** @param {import('@beyla/core').RequestSpan} span @param {'server' | 'client'} side @returns {Finding} */
function surplus(span, side) {
  const { method, path } = span;
  const status = 'statusCode' in span ? span.statusCode : undefined;
  return {
    fault: 'wrong',
    id: path,
    what: `a span that nobody asked for: port ${clientPort(span, side)} ${method} ${path} ${status}`,
  };
}

/**
 * @param {import('@beyla/core').RequestSpan} any @param {Truth} truth @param {'server' | 'client'} side @param {{ client: string, server: string }} addresses @param {Times} times
 * @returns {Finding[]}
 */
function factsOf(any, truth, side, addresses, times) {
  /** @type {Finding[]} */
  const findings = [];
  const add = (/** @type {Fault} */ fault, /** @type {string} */ what) => {
    findings.push({ fault, id: truth.id, what: `${truth.method} ${truth.path} ${truth.status}: ${what}` });
  };
  if (any.kind !== `http.${side}`) {
    add('wrong', `kind ${any.kind}`);
    return findings;
  }
  const span = /** @type {Span} */ (any);
  const same = (/** @type {string} */ name, /** @type {unknown} */ said, /** @type {readonly unknown[]} */ truths) => {
    if (truths.includes(said)) return;
    add(said === undefined || said === '' ? 'unset' : 'wrong', `${name} ${said}, not ${truths.join(' or ')}`);
  };
  same('method', span.method, [truth.method]);
  same('query', span.query, [truth.query === '' ? undefined : truth.query]);
  same(
    'status',
    span.statusCode,
    truth.status === 0 ? [undefined, ...(truth.mayVanish ? [span.statusCode] : [])] : [truth.status],
  );
  // An error that is missing is a lie: the span says that all went well.
  if (!truth.errors.includes(span.errorType))
    add('wrong', `errorType ${span.errorType}, not ${truth.errors.join(' or ')}`);
  if (truth.mayVanish) return findings;
  same('requestBodySize', span.requestBodySize, truth.requestBody);
  same('responseBodySize', span.responseBodySize, truth.responseBody);
  if (side === 'server' && truth.traceId !== '' && span.traceId !== truth.traceId)
    add('unset', 'traceparent not taken');
  const [client, server] =
    side === 'server' ? [span.remote.address, span.local.address] : [span.local.address, span.remote.address];
  if (client !== addresses.client || server !== addresses.server) add('wrong', `addresses ${client} and ${server}`);
  for (const what of wrongTimes(span, truth, side, times)) add('wrong', what);
  return findings;
}

/** @param {Span} span @param {Truth} truth @param {'server' | 'client'} side @param {Times} times */
function wrongTimes(span, truth, side, { fromNs, corksNs }) {
  const slack = SLACK_NS + truth.lagNs + SLACK_SHARE * (truth.endNs - truth.sendNs);
  /** @type {string[]} */
  const wrong = [];
  const within = (
    /** @type {string} */ name,
    /** @type {number} */ said,
    /** @type {number} */ earliest,
    /** @type {number} */ latest,
  ) => {
    if (said >= earliest && said <= latest) return;
    const off = said < earliest ? said - earliest : said - latest;
    wrong.push(
      `${name} ${(off / 1e6).toFixed(1)} ms off, of ${((truth.endNs - truth.sendNs) / 1e6).toFixed(1)} ms (± ${(slack / 1e6).toFixed(1)})`,
    );
  };
  const isOlder = truth.sendNs < fromNs && span.startSource !== 'segment' && span.startNs < truth.endNs + slack;
  if (side === 'server') {
    // The request arrived while it was written; the answer was written before it was read.
    if (!isOlder) within('start', span.startNs, truth.sendNs - CAUSE_NS, truth.sentNs + slack);
    if (truth.status !== 0) within('end', span.endNs, truth.endNs - slack - corksNs, truth.endNs + slack);
  } else {
    // Our log begins when the request was read, and ends when the answer was written.
    if (!isOlder) within('start', span.startNs, truth.sendNs - slack, truth.sendNs + CAUSE_NS);
    if (truth.status !== 0) within('end', span.endNs, truth.endNs - CAUSE_NS - slack, truth.endNs + slack);
  }
  if (span.firstByteNs !== undefined && truth.firstByteNs > 0) {
    const kept = side === 'server' ? corksNs : 0;
    within('firstByte', span.firstByteNs, truth.firstByteNs - slack - kept, truth.firstByteNs + slack);
  }
  return wrong;
}

/** @template T @param {readonly T[]} items @param {(item: T) => string} key @param {(item: T) => number} order @returns {Map<string, T[]>} */
function grouped(items, key, order) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  for (const group of groups.values()) group.sort((a, b) => order(a) - order(b));
  return groups;
}
