// @ts-check
// HPACK blocks and HTTP/2 frames straight into their parsers, many times as fast as through records.
import { mutateBytes } from './mutate.mjs';

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {{ direction: number, bytes: Uint8Array }} Call */
/**
 * What one connection was told, so that a failure can be told again without all that the seed did before it.
 *
 * @typedef {{ role: number, lastStream: number, requestDirection?: number, offset?: number }} Opening
 * @typedef {{ verb: 'chunk' | 'turn', direction: number, bytes: string, sizeBytes: number, offsetBytes: number, ns: number }} Said
 * @typedef {{ opening: Opening, said: (Said | 'gap' | 'close' | 'forget')[] }} Conversation
 */

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
  const { HeldBytes } = await core('protocols/held-bytes.js');

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
    held: new HeldBytes(),
    exchange(/** @type {any} */ exchange) {
      if (exchange.kind === 'http' && exchange.method === '') throw new Error('an exchange without method');
      if (exchange.endNs < exchange.readNs) throw new Error('an exchange that ends before it begins');
      if (exchange.requestBodySize < 0 || exchange.responseBodySize < 0) throw new Error('a body of negative size');
      exchanges += 1;
    },
    setVerdict(/** @type {any} */ _connection, /** @type {string} */ verdict) {
      if (verdict === 'ignore') isIgnored = true;
    },
    tunnel() {},
    onBehalf() {},
    count(/** @type {string} */ reason, /** @type {number | undefined} */ count) {
      if (count !== undefined && !(count >= 0)) throw new Error(`${reason} counted ${count}`);
    },
  };
  let nowNs = 1e9;

  /** @param {Opening} opening */
  function consumerOf({ role, lastStream, requestDirection, offset }) {
    const connection = { role, local: {}, remote: {}, endsLost: 0, lastStream };
    return new Http2Connection(connection, host, { requestDirection, offsets: [offset, offset] });
  }

  function open() {
    /** @type {Opening} */
    const opening = { role: random.below(3), lastStream: random.below(9) };
    if (!random.oneIn(4)) {
      opening.requestDirection = 0;
      if (!random.oneIn(4)) opening.offset = 0;
    }
    /** @type {{ turn: any, verb: 'chunk' | 'turn' | 'gap' }[]} */
    const said = [];
    return {
      consumer: consumerOf(opening),
      opening,
      said,
      offsets: [0, 0],
      cases: 0,
      script: random.pick(seeds),
      at: 0,
    };
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
      finish(connection, random.oneIn(2) ? 'close' : 'forget');
      connection = connections[which] = open();
    }
    const call = connection.script[connection.at++] ?? random.pick(calls);
    feed(connection, call.direction, changed(call.bytes));
    if (isIgnored) connections[which] = open();
    return exchanges - before;
  }

  /** @param {ReturnType<typeof open>} connection @param {'close' | 'forget'} verb */
  function finish(connection, verb) {
    try {
      if (verb === 'close') connection.consumer.close(nowNs);
      else connection.consumer.forget();
    } catch (error) {
      throw Object.assign(/** @type {Error} */ (error), { conversation: conversationOf(connection, verb) });
    }
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
      const isGap = random.oneIn(32);
      if (isGap) connection.said.push({ turn, verb: 'gap' });
      const verb = random.oneIn(16) ? 'turn' : 'chunk';
      connection.said.push({ turn, verb });
      try {
        if (isGap) connection.consumer.gap(1);
        connection.consumer[verb](turn);
      } catch (error) {
        throw Object.assign(/** @type {Error} */ (error), { conversation: conversationOf(connection) });
      }
      connection.offsets[direction] = offset + end - start;
    }
  }

  /** Tells a connection what another one was told before, or something like it. @param {Conversation} conversation @param {boolean} isChanged */
  function replay({ opening, said }, isChanged) {
    const consumer = consumerOf(opening);
    isIgnored = false;
    for (const one of said) {
      if (isIgnored) return;
      if (one === 'gap') consumer.gap(1);
      else if (one === 'close') consumer.close(nowNs);
      else if (one === 'forget') consumer.forget();
      else consumer[one.verb](turnOf(one, isChanged && random.oneIn(said.length)));
    }
    if (!isIgnored) consumer.close(nowNs);
  }

  /** @param {Said} said @param {boolean} isChanged */
  function turnOf({ direction, bytes, sizeBytes, offsetBytes, ns }, isChanged) {
    const data = Uint8Array.from(Buffer.from(bytes, 'base64'));
    if (isChanged) mutateBytes(data, 0, data.length, random);
    const turn = Object.assign(new Turn(), { direction, data, sizeBytes, offsetBytes, firstNs: ns, lastNs: ns });
    turn.isPiece = true;
    turn.prefixEnd = data.length;
    return turn;
  }

  return { hpackCase, frameCase, replay };
}

/**
 * @param {{ opening: Opening, said: { turn: any, verb: 'chunk' | 'turn' | 'gap' }[] }} connection @param {'close' | 'forget'} [end]
 * @returns {Conversation}
 */
function conversationOf({ opening, said }, end) {
  const turns = said.map(({ turn, verb }) => {
    if (verb === 'gap') return verb;
    const { direction, data, prefixStart, prefixEnd, sizeBytes, offsetBytes, lastNs: ns } = turn;
    const bytes = Buffer.from(data.subarray(prefixStart, prefixEnd)).toString('base64');
    return { verb, direction, bytes, sizeBytes, offsetBytes, ns };
  });
  return { opening, said: end === undefined ? turns : [...turns, end] };
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
