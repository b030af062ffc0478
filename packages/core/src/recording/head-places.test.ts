import { describe, expect, it } from 'vitest';
import type { EventBatch } from '../kernel/event-batch.ts';
import { InterpreterHarness } from '../testing/interpreter-harness.ts';
import { batchesOf, recorded } from '../testing/recorded.ts';
import { head, turn } from '../testing/records.ts';
import { grouped } from '../testing/replays.ts';

const FIELDS = `Cookie: ${'secret '.repeat(90)}\r\nContent-Length: 4\r\nX-Token: secret\r\nHost: shop.example\r\n\r\n`;
const REQUEST = `POST /orders/secret HTTP/1.1\r\n${FIELDS}`;
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Cut so that the second piece begins within the name of a field. */
const CUTS = [512, REQUEST.indexOf('ntent-Length'), REQUEST.length];

function headPieces(): Uint8Array[] {
  return CUTS.slice(1).map((end, index) =>
    head({ seq: 1, offset: CUTS[index] ?? 0, bytes: REQUEST.slice(CUTS[index], end) }),
  );
}

function turns(): Uint8Array[] {
  return [
    turn({ seq: 1, role: 'server', bytes: `${REQUEST}body` }),
    turn({ seq: 2, role: 'server', direction: 'out', bytes: RESPONSE, offsetBytes: 0 }),
  ];
}

async function replayed(batches: readonly EventBatch[]): Promise<{ spans: unknown[]; file: Buffer }> {
  const recording = await recorded(batches);
  const harness = new InterpreterHarness({ probe: () => undefined });
  const spans = recording.batches.flatMap((batch) => [...harness.interpreter.interpret(batch)]);
  return { spans, file: recording.file };
}

describe('heads that are longer than the prefix of their turn', () => {
  it('replay whole where their turn comes soon', async () => {
    const { spans, file } = await replayed(grouped([...headPieces(), ...turns()], [1]));
    expect(spans).toMatchObject([{ path: '/******/******', host: 'shop.example', requestBodySize: 4 }]);
    expect(file.includes('secret')).toBe(false);
  });

  it('leave what is known of their lines where their turn comes late, and no word more', async () => {
    const quiet = new Array<Uint8Array[]>(150).fill([]);
    const { spans, file } = await replayed(batchesOf([headPieces(), ...quiet, turns(), ...quiet]));
    expect(spans).toMatchObject([{ path: '/******/******', host: 'shop.example' }]);
    expect(file.includes('secret')).toBe(false);
    expect(file.includes('oken')).toBe(false);
  });

  it('leave the end of a request line that goes on behind the prefix, and nothing before it', async () => {
    const long = `GET /${'secret/'.repeat(100)} HTTP/1.1\r\nHost: h\r\n\r\n`;
    const pieces = [head({ seq: 1, offset: 512, bytes: long.slice(512) })];
    const quiet = new Array<Uint8Array[]>(150).fill([]);
    const { file } = await replayed(batchesOf([pieces, ...quiet]));
    expect(file.includes('secret')).toBe(false);
    expect(file.includes('* HTTP/1.1\r\nHost: h\r\n\r\n')).toBe(true);
  });
});
