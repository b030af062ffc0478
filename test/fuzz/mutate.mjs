// @ts-check
/** @typedef {import('./random.mjs').Random} Random */

/** Bytes that mean something to a parser of HTTP/1. */
const TELLING = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x2c, 0x2f, 0x30, 0x39, 0x3a, 0x3b, 0x3f, 0x41, 0x61, 0x66, 0x7f, 0x80, 0xff,
];
/** Values on which size arithmetic trips. */
const EDGES = [0, 1, 7, 8, 9, 143, 144, 255, 256, 511, 512, 513, 4096, 65535, 0x7fffffff, 0x80000000, 0xffffffff];

/** Changes some bytes of `bytes[start..end)` in place. @param {Uint8Array} bytes @param {number} start @param {number} end @param {Random} random */
export function mutateBytes(bytes, start, end, random) {
  if (end <= start) return;
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = start + random.below(end - start);
    if (random.oneIn(3)) bytes[at] = random.next() & 0xff;
    else if (random.oneIn(2)) bytes[at] = random.pick(TELLING);
    else bytes[at] = /** @type {number} */ (bytes[at]) ^ (1 << random.below(8));
  }
}

/**
 * Changes fields of a record in place: numbers of turns and connections, sizes, flags, times.
 *
 * @param {Uint8Array} record @param {Record<string, number>} layout Offsets of TURN_RECORD. @param {Random} random
 */
export function mutateFields(record, layout, random) {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const isTurn = record.length >= /** @type {number} */ (layout['size']);
  if (!isTurn || random.oneIn(8)) {
    mutateBytes(record, 0, record.length, random);
    return;
  }
  const at = (/** @type {string} */ name) => /** @type {number} */ (layout[name]);
  switch (random.below(10)) {
    case 0:
      view.setUint32(at('seq'), random.oneIn(4) ? random.pick(EDGES) : random.below(12), true);
      break;
    case 1:
      view.setUint16(6, random.next() & 0x1ff, true);
      break;
    case 2:
      view.setUint8(at('direction'), random.below(3));
      break;
    case 3:
      view.setUint32(at('bytes'), random.oneIn(2) ? random.pick(EDGES) : random.below(2000), true);
      break;
    case 4:
      view.setUint32(at('offset'), random.oneIn(2) ? random.pick(EDGES) : random.below(2000), true);
      break;
    case 5:
      view.setUint16(at('captured'), random.oneIn(2) ? random.pick(EDGES) & 0xffff : random.below(600), true);
      break;
    case 6:
      view.setUint8(4, random.below(9));
      break;
    case 7:
      view.setUint32(at(random.pick(['arrivedNs', 'firstNs', 'lastNs'])) + 4 * random.below(2), random.next(), true);
      break;
    case 8:
      view.setUint32(at('tail') + 4 * random.below(2), random.next(), true);
      break;
    default:
      view.setUint32(0, random.pick(EDGES), true);
  }
}

/** Drops, repeats and swaps records. @param {Uint8Array[]} records @param {Random} random */
export function mutateOrder(records, random) {
  if (records.length === 0) return;
  const at = random.below(records.length);
  const other = random.below(records.length);
  const record = /** @type {Uint8Array} */ (records[at]);
  if (random.oneIn(3)) records.splice(at, 1);
  else if (random.oneIn(2)) records.splice(other, 0, record);
  else {
    records[at] = /** @type {Uint8Array} */ (records[other]);
    records[other] = record;
  }
}
