// @ts-check
// HPACK blocks and HTTP/2 frames straight into their parsers, many times as fast as through records.
import { mutateBytes } from './mutate.mjs';

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {{ direction: number, bytes: Uint8Array }} Call */

const CONNECTIONS = 8;
const CASES_PER_DECODER = 64;
const CASES_PER_CONNECTION = 40;
/** Frame lengths and stream ids on which arithmetic trips. */
const HEADERS = [
  [0, 0, 0, 1, 5, 0, 0, 0, 1],
  [0, 0, 0, 9, 4, 0, 0, 0, 1],
  [0, 0, 0, 0, 9, 0, 0, 0, 1],
  [0, 0, 4, 3, 0, 0, 0, 0, 1],
  [0, 0, 8, 7, 0, 0, 0, 0, 0],
  [255, 255, 255, 0, 1, 0, 0, 0, 3],
  [0, 255, 255, 1, 4, 127, 255, 255, 255],
  [0, 0, 1, 5, 12, 0, 0, 0, 1],
];

/**
 * @param {(path: string) => Promise<any>} core Loads a module of the built core.
 * @param {Uint8Array[][]} conversations Records of conversations in HTTP/2. @param {Random} random
 */
export async function fuzzHttp2(core, conversations, random) {
  const { TURN_RECORD, RECORD_KIND } = await core('events/layout.gen.js');
  const { Turn } = await core('connections/turn.js');
  const { HpackDecoder } = await core('protocols/http2/hpack/hpack-decoder.js');
  const { HeaderFields } = await core('protocols/http2/hpack/header-fields.js');
  const { Http2Connection } = await core('protocols/http2/http2-connection.js');

  /** @type {Call[][]} */
  const seeds = conversations.map((records) =>
    records
      .filter((record) => record[4] === RECORD_KIND.CHUNK || record[4] === RECORD_KIND.TURN)
      .map((record) => ({ direction: record[TURN_RECORD.direction] ?? 0, bytes: record.subarray(TURN_RECORD.size) })),
  );
  const calls = seeds.flat().filter(({ bytes }) => bytes.length > 0);
  const blocks = calls.flatMap(({ bytes }) => blocksOf(bytes));
  const fields = new HeaderFields();
  let decoder = new HpackDecoder();
  let done = 0;

  /** One block, valid or not, into a table that others filled. Returns whether it was read. */
  function hpackCase() {
    if (done++ % CASES_PER_DECODER === 0) {
      decoder = new HpackDecoder();
      if (random.oneIn(2)) decoder.forget();
    }
    const block = random.oneIn(8)
      ? Uint8Array.from({ length: random.below(60) }, () => random.next() & 0xff)
      : random.pick(blocks).slice();
    if (random.oneIn(2)) mutateBytes(block, 0, block.length, random);
    const start = random.oneIn(8) ? random.below(block.length + 1) : 0;
    const isRead = decoder.decode(block, start, block.length, fields);
    if (fields.unknown > block.length) throw new Error(`${fields.unknown} unknown fields in ${block.length} bytes`);
    for (const value of fields.values) {
      if (value !== undefined && value.length > 4096 + 2 * block.length) throw new Error('a value from nowhere');
    }
    return isRead ? 1 : 0;
  }

  let exchanges = 0;
  let isIgnored = false;
  const host = {
    exchange(/** @type {any} */ exchange) {
      if (exchange.kind === 'http' && exchange.method === '') throw new Error('an exchange without method');
      if (exchange.endNs < exchange.readNs) throw new Error('an exchange that ends before it begins');
      if (exchange.requestBodySize < 0 || exchange.responseBodySize < 0) throw new Error('a body of negative size');
      exchanges += 1;
    },
    setVerdict(/** @type {any} */ _connection, /** @type {string} */ verdict) {
      if (verdict === 'ignore') isIgnored = true;
    },
    pipelined() {},
    count(/** @type {string} */ reason, /** @type {number | undefined} */ count) {
      if (count !== undefined && !(count >= 0)) throw new Error(`${reason} counted ${count}`);
    },
  };
  let nowNs = 1e9;

  function open() {
    const connection = { role: random.below(3), local: {}, remote: {}, endsLost: 0, lastStream: random.below(9) };
    const requestDirection = random.oneIn(4) ? undefined : 0;
    const offset = requestDirection === undefined || random.oneIn(4) ? undefined : 0;
    const consumer = new Http2Connection(connection, host, { requestDirection, offsets: [offset, offset] });
    return { consumer, offsets: [0, 0], cases: 0, script: random.pick(seeds), at: 0 };
  }
  const connections = Array.from({ length: CONNECTIONS }, open);

  /** Bytes of one call on one of the connections, in one or two pieces. Returns how many exchanges it made. */
  function frameCase() {
    const before = exchanges;
    const which = random.below(CONNECTIONS);
    let connection = /** @type {ReturnType<typeof open>} */ (connections[which]);
    isIgnored = false;
    const isOver = connection.cases++ > CASES_PER_CONNECTION || connection.at >= connection.script.length;
    if (isOver) {
      if (random.oneIn(2)) connection.consumer.close(nowNs);
      else connection.consumer.forget();
      connection = connections[which] = open();
    }
    const call = connection.script[connection.at++] ?? random.pick(calls);
    feed(connection, call.direction, changed(call.bytes));
    if (isIgnored) connections[which] = open();
    return exchanges - before;
  }

  /** @param {Uint8Array} bytes */
  function changed(bytes) {
    if (random.oneIn(3)) return bytes;
    const copy = bytes.slice();
    if (random.oneIn(4) && copy.length > 9) copy.set(random.pick(HEADERS), random.below(copy.length - 9));
    else if (random.oneIn(8)) return Uint8Array.from({ length: random.below(200) }, () => random.next() & 0xff);
    else mutateBytes(copy, 0, copy.length, random);
    return copy;
  }

  /** @param {ReturnType<typeof open>} connection @param {number} direction @param {Uint8Array} bytes */
  function feed(connection, direction, bytes) {
    const cut = random.oneIn(2) ? bytes.length : random.below(bytes.length + 1);
    for (const { start, end } of [
      { start: 0, end: cut },
      { start: cut, end: bytes.length },
    ]) {
      if (start === end) continue;
      const turn = new Turn();
      turn.isPiece = true;
      turn.direction = direction;
      turn.data = bytes;
      turn.prefixStart = start;
      turn.prefixEnd = random.oneIn(16) ? start + random.below(end - start) : end;
      turn.sizeBytes = end - start + (random.oneIn(16) ? random.below(1e5) : 0);
      const offset = connection.offsets[direction] ?? 0;
      turn.offsetBytes = offset + (random.oneIn(16) ? random.below(50) - 20 : 0);
      turn.firstNs = turn.lastNs = nowNs += 1000;
      if (random.oneIn(32)) connection.consumer.gap(1);
      if (random.oneIn(16)) connection.consumer.turn(turn);
      else connection.consumer.chunk(turn);
      connection.offsets[direction] = offset + end - start;
    }
  }

  return { hpackCase, frameCase };
}

/** Header blocks among the frames of a call. @param {Uint8Array} bytes */
function blocksOf(bytes) {
  const blocks = [];
  let at = bytes[0] === 0x50 ? 24 : 0;
  while (at + 9 <= bytes.length) {
    const length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    if (bytes[at + 3] === 1) blocks.push(bytes.slice(at + 9, at + 9 + length));
    at += 9 + length;
  }
  return blocks;
}
