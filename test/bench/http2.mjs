// @ts-check
// What HTTP/2 costs in user space: nanoseconds for each header block, and for each request from records to its span.
//
//   npm run bench -- http2
//
// Runs in one process on one core; the best of several rounds counts.
import { createRequire } from 'node:module';
import { loadCore } from '../support/core-dist.mjs';

const core = await loadCore();
const { HpackDecoder } = await core('protocols/http2/hpack/hpack-decoder.js');
const { HeaderFields } = await core('protocols/http2/hpack/header-fields.js');
const { Interpreter } = await core('interpreter.js');
const { Clock } = await core('spans/clock.js');
const { batchOf } = await core('testing/records.js');
const { recordTraffic } = await core('testing/http2-traffic.js');
const { trafficRecords } = await core('testing/traffic-records.js');
const { compressor } = createRequire(import.meta.url)('hpack.js');

const ROUNDS = 10;
const ROUND_MS = 200;
const REQUESTS = 400;

/** @param {() => number} work Returns how often it did it. */
function nanoseconds(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    // Of the processor, not of the clock: other programs may hold the core meanwhile.
    const start = process.cpuUsage();
    let done = 0;
    let tookNs = 0;
    while (tookNs < ROUND_MS * 1e6) {
      for (let i = 0; i < 20; i++) done += work();
      const { user, system } = process.cpuUsage(start);
      tookNs = (user + system) * 1000;
    }
    best = Math.min(best, tookNs / done);
  }
  return best;
}

/** Eight fields of a gRPC call; @param {number} index What makes its path another one. @param {boolean} incremental */
function headers(index, incremental) {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': `/shop.cart.v1.CartService/AddItem${index}`,
    ':authority': 'cart.shop.svc:50051',
    'content-type': 'application/grpc+proto',
    'user-agent': 'grpc-node-js/1.14.7',
    te: 'trailers',
    'grpc-timeout': `${100 + (index % 9)}m`,
  };
  return Object.entries(fields).map(([name, value]) => ({ name, value, huffman: true, incremental }));
}

/** In one array, as the records of a batch are. @param {boolean} incremental @param {number} paths Different ones. */
function blocks(incremental, paths) {
  const encoder = compressor.create({ table: { maxSize: 4096 } });
  const list = Array.from({ length: 64 }, (_, index) => {
    encoder.write(headers(index % paths, incremental));
    return Buffer.from(encoder.read());
  });
  return { bytes: Uint8Array.from(Buffer.concat(list)), lengths: list.map(({ length }) => length) };
}

/** @param {{ bytes: Uint8Array, lengths: number[] }} blocks */
function decodeAll({ bytes, lengths }) {
  const decoder = new HpackDecoder();
  const fields = new HeaderFields();
  let at = 0;
  for (const length of lengths) {
    if (!decoder.decode(bytes, at, at + length, fields)) throw new Error('a block was not decoded');
    at += length;
  }
  return lengths.length;
}

const rows = [];
for (const [name, list] of /** @type {const} */ ([
  ['header block, indexed', blocks(true, 1)],
  ['header block, a new path each time', blocks(true, 64)],
  ['header block, Huffman-coded literals only', blocks(false, 64)],
])) {
  rows.push([name, nanoseconds(() => decodeAll(list))]);
}

for (const kind of ['plain', 'grpc']) {
  const { parts } = await recordTraffic({ requests: REQUESTS, concurrency: 32, kinds: [kind] });
  const batch = batchOf(trafficRecords(parts, { skipData: true }));
  let spans = 0;
  const ns = nanoseconds(() => {
    const interpreter = new Interpreter({
      processOf: () => ({ pid: 100, service: { name: 'bench', namespace: '', instanceId: 'bench:100' } }),
      clock: new Clock(0n, 0n),
      verdicts: { setVerdict() {} },
    });
    let nowNs = 1e9;
    spans = interpreter.interpret({ bytes: batch, length: batch.length, nowNs }).length;
    while (nowNs < 3e9) {
      nowNs += 5e8;
      spans += interpreter.interpret({ bytes: batch, length: 0, nowNs }).length;
    }
    return REQUESTS;
  });
  if (spans !== REQUESTS) throw new Error(`${spans} spans of ${REQUESTS} requests`);
  rows.push([`request (${kind}), from records to span`, ns]);
}

console.log('| what | ns |\n|---|---|');
for (const [name, ns] of rows) console.log(`| ${name} | ${Number(ns).toFixed(0)} |`);
