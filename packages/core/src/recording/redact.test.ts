import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAD_RECORD, RECORD_HEADER, RECORD_KIND, TURN_RECORD } from '../events/layout.gen.ts';
import { batchOf, chunk, close, head, turn } from '../testing/records.ts';
import { redactBatch } from './redact.ts';

function redacted(record: Uint8Array, contentStart: number): string {
  const bytes = record.slice();
  redactBatch(bytes);
  return Buffer.from(bytes.subarray(contentStart)).toString('latin1');
}

function tailOf(bytes: string): string {
  const record = turn({ bytes });
  redactBatch(record);
  return Buffer.from(record.subarray(TURN_RECORD.tail, TURN_RECORD.tail + 8)).toString('latin1');
}

describe('redactBatch()', () => {
  it('masks all content, of turns, pieces and heads', () => {
    const text = 'GET /secret HTTP/1.1\r\n\r\n';
    const masked = '\xff'.repeat(text.length);
    expect(redacted(turn({ bytes: text }), TURN_RECORD.size)).toBe(masked);
    expect(redacted(chunk({ bytes: text }), TURN_RECORD.size)).toBe(masked);
    expect(redacted(head({ seq: 1, offset: 512, bytes: text }), HEAD_RECORD.size)).toBe(masked);
  });

  it('keeps of the last bytes of a turn only what ends a message', () => {
    expect(tailOf('the secret')).toBe('********');
    expect(tailOf('secret\r\n0\r\n\r\n')).toBe('*\r\n0\r\n\r\n');
    expect(tailOf('a: secret\r\n\r\n')).toBe('****\r\n\r\n');
    expect(tailOf('')).toBe('\0'.repeat(8));
  });

  it('clears the kernel address', () => {
    const bytes = turn({ bytes: 'x' });
    redactBatch(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(TURN_RECORD.sock, true)).toBe(0n);
  });

  it('leaves closes as they are', () => {
    const bytes = close({ connection: 5, lastSeq: 7 });
    const copy = bytes.slice();
    redactBatch(copy);
    expect(copy).toEqual(bytes);
  });

  it.each([RECORD_KIND.EXEC, RECORD_KIND.LISTEN, 99])('empties records of kind %i, which no replay needs', (kind) => {
    const bytes = new Uint8Array(32).fill(0xee);
    new DataView(bytes.buffer).setUint32(RECORD_HEADER.sizeOffset, 28, true);
    bytes[RECORD_HEADER.kind] = kind;
    redactBatch(bytes);
    expect([...bytes.subarray(RECORD_HEADER.size)]).toEqual(Array(24).fill(0));
  });

  it('empties what is no record, records of another layout, and what is behind records', () => {
    const foreign = turn({ bytes: 'secret' });
    foreign[RECORD_HEADER.abi] = 99;
    for (const bytes of [foreign, new TextEncoder().encode('not a record, but a secret')]) {
      redactBatch(bytes);
      expect(Buffer.from(bytes).includes('secret')).toBe(false);
    }
    const padded = batchOf([turn({ bytes: 'x' })]).fill(0xee, TURN_RECORD.size + 1);
    redactBatch(padded);
    expect([...padded.subarray(TURN_RECORD.size + 1)]).toEqual(Array(7).fill(0));
  });

  it('ends, and keeps lengths, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const copy = bytes.slice();
        redactBatch(copy);
        expect(copy.length).toBe(bytes.length);
      }),
    );
  });
});
