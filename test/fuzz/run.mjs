// @ts-check
// Feeds the decoder, the interpreter and the parsers of heads, header blocks and frames with what no kernel would send: no throw, no hang, bounded
// memory.
//
//   npm run fuzz -- [--cases 1000000] [--seconds 0] [--seed N]
//   npm run fuzz -- --replay FILE
//
// Each case is three: one of records or HTTP/1 heads, one header block of HPACK, one call with frames of HTTP/2.
// The seeds are the cases of test/cases, as record batches. They are changed by byte, by field and in their order, and mixed on a
// few connections of one long-living interpreter. Deterministic: the seed is printed and can be given again. Exits 1 on any failure, whose case
// is written to a file for --replay. Cases that failed once are kept in cases/: each run begins with them and with what is much like them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadCore } from '../support/core-dist.mjs';
import { fuzzHttp2 } from './http2.mjs';
import { mutateBytes, mutateFields, mutateOrder } from './mutate.mjs';
import { Random } from './random.mjs';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string' },
    replay: { type: 'string' },
  },
});
/** @type {{ seed: number, case: number, conversation?: import('./http2.mjs').Conversation } | undefined} */
const replayed = values.replay === undefined ? undefined : JSON.parse(readFileSync(values.replay, 'utf8'));
const casesWanted = replayed === undefined ? Number(values.cases) : replayed.case + 1;
const deadlineMs =
  Number(values.seconds) > 0 ? performance.now() + Number(values.seconds) * 1000 : Number.POSITIVE_INFINITY;
const seed = Number(replayed?.seed ?? values.seed ?? 1 + (Date.now() % 1e9));
if (!(casesWanted > 0) || !Number.isInteger(seed)) {
  console.error('--cases and --seed are positive integers');
  process.exit(1);
}

const core = await loadCore();
const { TURN_RECORD } = await core('events/layout.gen.js');
const { Interpreter } = await core('interpreter.js');
const { RequestHead, ResponseHead } = await core('protocols/http1/head.js');
const { parseRequestHead } = await core('protocols/http1/parse-request.js');
const { parseResponseHead } = await core('protocols/http1/parse-response.js');
const { Clock } = await core('spans/clock.js');
const { readScript } = await core('testing/conversation-script.js');
const { batchOf } = await core('testing/records.js');

/** A case may take this long before it counts as a hang; other programs may hold the core meanwhile. */
const HANG_MS = 1000;
const CONNECTIONS_MAX = 64;
const CONNECTION_IDS = 200;
const HEAP_GROWTH_MAX = 16 * 1024 * 1024;
const CASES_PER_INTERPRETER = 50_000;
/** How many changed copies of each kept case are run. */
const NEIGHBOURS = 500;
const FAILURES = new URL('../../.cache/fuzz/', import.meta.url);

const HPACK = 'HPACK blocks (read)';
const HTTP2 = 'HTTP/2 frames (exchanges)';

const random = new Random(seed);
const http1Seeds = readSeeds('http1');
const http2Seeds = readSeeds('http2');
const seeds = [...http1Seeds, ...http2Seeds];
const heads = [...new Set(http1Seeds.flat().map((record) => record.subarray(TURN_RECORD.size)))].filter(
  (head) => head.length > 0,
);
const process_ = { pid: 100, service: { name: 'fuzz', namespace: '', instanceId: 'fuzz:100' } };
const buffer = new Uint8Array(1 << 20);

/** @param {string} protocol @returns {Uint8Array[][]} */
function readSeeds(protocol) {
  const folder = new URL(`../cases/${protocol}/`, import.meta.url);
  const wire = /^```wire(.*)\n([\s\S]*?)^```/gm;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(wire)])
    .map(([, options = '', script = '']) =>
      readScript(options, script).flatMap((/** @type {{ records: Uint8Array[] }} */ step) => step.records),
    );
}

/** Puts each record on one of a few connections. @param {Uint8Array[]} records */
function moved(records) {
  const id = random.below(CONNECTION_IDS);
  return records.map((record) => {
    const copy = record.slice();
    new DataView(copy.buffer).setUint32(8, id, true);
    return copy;
  });
}

const kinds = {
  'valid, split over batches': () => moved(random.pick(seeds)),
  'fields changed': () => {
    const records = moved(random.pick(seeds));
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      if (records.length > 0) mutateFields(random.pick(records), TURN_RECORD, random);
    }
    return records;
  },
  'order changed': () => {
    const records = moved(random.pick(seeds));
    for (let changes = 1 + random.below(4); changes > 0; changes--) mutateOrder(records, random);
    return records;
  },
  'wire bytes changed': () => {
    const records = moved(random.pick(seeds));
    for (const record of records) if (random.oneIn(2)) mutateBytes(record, TURN_RECORD.size, record.length, random);
    return records;
  },
  'any bytes changed': () => {
    const batch = batchOf(moved(random.pick(seeds)));
    mutateBytes(batch, 0, batch.length, random);
    return [batch];
  },
  'random bytes': () => [Uint8Array.from({ length: random.below(400) }, () => random.next() & 0xff)],
};

/** @returns {Record<string, { cases: number, spans: number, slowestMs: number }>} */
const newTallies = () =>
  Object.fromEntries(
    [...Object.keys(kinds), 'head parsers', HPACK, HTTP2].map((kind) => [kind, { cases: 0, spans: 0, slowestMs: 0 }]),
  );
const tallies = newTallies();

let nowNs = 1e9;
let interpreter = newInterpreter();

function newInterpreter() {
  return new Interpreter({
    processOf: (/** @type {number} */ pid) => (pid === 100 ? process_ : undefined),
    clock: new Clock(0n, 0n),
    verdicts: { setVerdict() {} },
    probe: () => ({ read: randomProbe }),
    maxConnections: CONNECTIONS_MAX / 2,
  });
}

/** @param {number} _low @param {number} _high @param {number} _direction @param {import('../../packages/core/src/connections/turn-probe.ts').ProbedTurn} out */
function randomProbe(_low, _high, _direction, out) {
  out.connection = random.below(CONNECTION_IDS);
  out.seq = random.below(8);
  out.sizeBytes = random.below(100_000);
  out.lastNs = nowNs - random.below(1e9);
  out.tailLow = random.next();
  out.tailHigh = random.next();
  return !random.oneIn(4);
}

/** @param {Uint8Array[]} records */
function interpret(records) {
  const batches = random.oneIn(2) ? [records] : records.map((record) => [record]);
  let spans = 0;
  for (const batch of batches) {
    const bytes = batchOf(batch);
    buffer.set(bytes);
    nowNs += random.below(4e8);
    for (const span of interpreter.interpret({ bytes: buffer, length: bytes.length, nowNs })) {
      if ((span.method === '' && span.kind.startsWith('http')) || span.process !== process_)
        throw new Error(`a span without method or process: ${JSON.stringify(span)}`);
      spans += 1;
    }
  }
  const { connections, awaitedResponses } = interpreter.stats();
  if (connections > CONNECTIONS_MAX)
    throw new Error(`${connections} connections remembered, ${CONNECTIONS_MAX} allowed`);
  if (awaitedResponses > connections)
    throw new Error(`${awaitedResponses} responses awaited on ${connections} connections`);
  return spans;
}

function parseHeads() {
  const head = random.pick(heads).slice();
  mutateBytes(head, 0, head.length, random);
  for (const outcome of [
    parseRequestHead(head, 0, head.length, new RequestHead()),
    parseResponseHead(head, 0, head.length, new ResponseHead()),
  ]) {
    if (outcome > head.length || outcome < -2)
      throw new Error(`a head parser returned ${outcome} for ${head.length} bytes`);
  }
  return 0;
}

/** An interpreter that nothing is said to for two hours remembers nothing. */
function checkForgetting() {
  nowNs += 2 * 3600e9;
  interpreter.interpret({ bytes: buffer, length: 0, nowNs });
  const { connections, awaitedResponses } = interpreter.stats();
  if (connections !== 0 || awaitedResponses !== 0) throw new Error(`${connections} connections were not forgotten`);
}

const http2 = await fuzzHttp2(core, http2Seeds, random);

/** @param {string} name @param {() => number} run Returns how many spans came of it. */
function measured(name, run) {
  const tally = /** @type {{ cases: number, spans: number, slowestMs: number }} */ (tallies[name]);
  const before = performance.now();
  tally.spans += run();
  const tookMs = performance.now() - before;
  if (tookMs > HANG_MS) throw new Error(`a case of '${name}' took ${tookMs.toFixed(0)} ms`);
  tally.cases += 1;
  tally.slowestMs = Math.max(tally.slowestMs, tookMs);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

function heapBytes() {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Cases that failed once, and many that are much like them; what they draw at random is not what the seed's own cases draw. */
async function replayKept() {
  const folder = new URL('cases/', import.meta.url);
  const kept = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
  const { replay } = await fuzzHttp2(core, http2Seeds, new Random(seed));
  for (const { conversation } of kept) {
    for (let copies = 0; copies <= NEIGHBOURS; copies++) replay(conversation, copies > 0);
  }
  return kept.length;
}

/** Writes down a case that failed. @param {number} number @param {unknown} error */
function writeCase(number, error) {
  const { conversation } = /** @type {{ conversation?: import('./http2.mjs').Conversation }} */ (error);
  mkdirSync(FAILURES, { recursive: true });
  const file = new URL(`${seed}-${number}.json`, FAILURES);
  writeFileSync(file, `${JSON.stringify({ seed, case: number, error: String(error), conversation }, null, 2)}\n`);
  return fileURLToPath(file);
}

if (replayed?.conversation !== undefined) {
  http2.replay(replayed.conversation, false);
  console.log('the case passes');
  process.exit(0);
}
console.log(`seed ${seed}, ${seeds.length} seed conversations, ${await replayKept()} kept cases`);
const names = Object.keys(kinds);
const startMs = performance.now();
let heapAtStart = 0;
let done = 0;
try {
  for (; done < casesWanted && performance.now() < deadlineMs; done++) {
    const isHead = random.oneIn(8);
    const name = isHead ? 'head parsers' : random.pick(names);
    measured(name, () => (isHead ? parseHeads() : interpret(kinds[/** @type {keyof typeof kinds} */ (name)]())));
    measured(HPACK, http2.hpackCase);
    measured(HTTP2, http2.frameCase);
    if (done === 20_000) heapAtStart = heapBytes();
    if (done % CASES_PER_INTERPRETER === CASES_PER_INTERPRETER - 1) {
      checkForgetting();
      interpreter = newInterpreter();
    }
  }
  checkForgetting();
} catch (error) {
  console.error(`case ${done} of seed ${seed} failed:`, error);
  console.error(`written down: npm run fuzz -- --replay ${writeCase(done, error)}`);
  process.exit(1);
}

const seconds = (performance.now() - startMs) / 1000;
console.log('| kind | cases | spans | slowest ms |');
console.log('|---|---|---|---|');
for (const [kind, { cases, spans, slowestMs }] of Object.entries(tallies)) {
  console.log(`| ${kind} | ${cases} | ${spans} | ${slowestMs.toFixed(1)} |`);
}
const growth = heapAtStart === 0 ? 0 : heapBytes() - heapAtStart;
console.log(`${done} cases in ${seconds.toFixed(0)} s, heap grew by ${(growth / 1024 / 1024).toFixed(1)} MiB`);
if (growth > HEAP_GROWTH_MAX) {
  console.error('the heap grew too much');
  process.exit(1);
}
if ([tallies['valid, split over batches'], tallies[HPACK], tallies[HTTP2]].some((tally) => tally?.spans === 0)) {
  console.error('not one valid case gave a span: the seeds are broken');
  process.exit(1);
}
