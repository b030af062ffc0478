// @ts-check
import { readFileSync } from 'node:fs';
import { RECORD_FLAG, RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../../packages/core/dist/events/layout.gen.js';
import { FRAME, FRAME_PREFIX_BYTES } from '../../packages/core/dist/recording/frame.js';

const NOW_BYTES = 8;

/**
 * One record with content that left the kernel.
 *
 * @typedef {{ pid: number, localPort: number, remotePort: number, isPlaintextOfTls: boolean }} Content
 */

/** Every record with content in a recording. @param {string} file @returns {Content[]} */
export function contentsOf(file) {
  const bytes = readFileSync(file);
  /** @type {Content[]} */
  const contents = [];
  for (let at = 0; at + FRAME_PREFIX_BYTES <= bytes.length; ) {
    const end = at + FRAME_PREFIX_BYTES + bytes.readUInt32LE(at);
    if (bytes[at + 4] === FRAME.BATCH) {
      collect(bytes.subarray(at + FRAME_PREFIX_BYTES + NOW_BYTES, end), contents);
    }
    at = end;
  }
  return contents;
}

/** @param {Buffer} batch @param {Content[]} contents */
function collect(batch, contents) {
  for (let at = 0; at + RECORD_HEADER.size <= batch.length; ) {
    const size = batch.readUInt32LE(at + RECORD_HEADER.sizeOffset);
    const kind = batch[at + RECORD_HEADER.kind];
    if (
      (kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) &&
      batch.readUInt16LE(at + TURN_RECORD.captured) > 0
    ) {
      contents.push({
        pid: batch.readUInt32LE(at + TURN_RECORD.pid),
        localPort: batch.readUInt16LE(at + TURN_RECORD.localPort),
        remotePort: batch.readUInt16LE(at + TURN_RECORD.remotePort),
        isPlaintextOfTls: (batch.readUInt16LE(at + RECORD_HEADER.flags) & RECORD_FLAG.TLS) !== 0,
      });
    }
    at += (size + 7) & ~7;
  }
}
