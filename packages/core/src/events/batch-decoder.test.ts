import { describe, expect, it } from 'vitest';
import { batchOf, chunk, close, head, listen, processRecord, turn } from '../testing/records.ts';
import { BatchDecoder } from './batch-decoder.ts';
import type { EventSink } from './event-sink.ts';
import { CLOSE_RECORD, RECORD_HEADER, TURN_RECORD } from './layout.gen.ts';

/** Copies what it is told: events are valid only during the call. */
class Log implements EventSink {
  readonly lines: Record<string, unknown>[] = [];
  #note(name: string, event: object): void {
    this.lines.push({ name, ...event });
  }
  onTurn = (event: object): void => this.#note('turn', event);
  onChunk = (event: object): void => this.#note('chunk', event);
  onHead = (event: object): void => this.#note('head', event);
  onClose = (event: object): void => this.#note('close', event);
  onExec = (event: object): void => this.#note('exec', event);
  onFork = (event: object): void => this.#note('fork', event);
  onExit = (event: object): void => this.#note('exit', event);
  onListen = (event: object): void => this.#note('listen', event);
  onMalformed = (reason: string): void => void this.lines.push({ name: 'malformed', reason });
}

function decode(bytes: Uint8Array, length = bytes.length): Record<string, unknown>[] {
  const log = new Log();
  new BatchDecoder().decode(bytes, length, log);
  return log.lines;
}

describe('BatchDecoder', () => {
  it('reads a piece of a head', () => {
    const bytes = head({ connection: 2 ** 40 + 1, seq: 9, direction: 'out', offset: 512, bytes: 'X-More: 1\r\n' });
    const [event] = decode(bytes);
    expect(event).toMatchObject({ name: 'head', connection: 2 ** 40 + 1, seq: 9, direction: 1, offset: 512 });
    const { data, start, end } = event as { data: Uint8Array; start: number; end: number };
    expect(Buffer.from(data.subarray(start, end)).toString('latin1')).toBe('X-More: 1\r\n');
  });

  it('reads every field of a turn at the place the generated layout gives it', () => {
    const facts = {
      connection: 2 ** 52 + 3,
      sock: 0xffff_9d2f_40a1_c0f0n,
      seq: 7,
      direction: 'out',
      role: 'server',
      bytes: 'HTTP/1.1 200 OK\r\n\r\n',
      sizeBytes: 2 ** 33,
      offsetBytes: 2 ** 34 + 1,
      tail: 'abcdefgh',
      arrivedNs: 11,
      firstNs: 12,
      lastNs: 13,
      context: 2 ** 40,
      pid: 42,
      tid: 43,
      netns: 4026531840,
      family: 10,
      localPort: 8443,
      remotePort: 65535,
      flags: 1,
    } as const;
    const [event] = decode(turn(facts));
    expect(event).toMatchObject({
      name: 'turn',
      connection: 2 ** 52 + 3,
      sockLow: 0x40a1_c0f0,
      sockHigh: 0xffff_9d2f,
      seq: 7,
      direction: 1,
      role: 1,
      sizeBytes: 2 ** 33,
      offsetBytes: 2 ** 34 + 1,
      tailLow: 0x64636261,
      tailHigh: 0x68676665,
      arrivedNs: 11,
      firstNs: 12,
      lastNs: 13,
      context: 2 ** 40,
      pid: 42,
      tid: 43,
      netns: 4026531840,
      family: 10,
      localPort: 8443,
      remotePort: 65535,
      flags: 1,
      prefixStart: TURN_RECORD.size,
      prefixEnd: TURN_RECORD.size + 19,
    });
  });

  it('reads a close that is from before it told of streams', () => {
    const old = close({ connection: 5, lastSeq: 7, lastStream: 9 }).slice(0, CLOSE_RECORD.lastStream);
    new DataView(old.buffer).setUint32(RECORD_HEADER.sizeOffset, old.length, true);
    expect(decode(batchOf([old, close({ connection: 6 })]))).toMatchObject([
      { name: 'close', connection: 5, lastSeq: 7, lastStream: 0 },
      { name: 'close', connection: 6 },
    ]);
  });

  it('walks records of all kinds, each at a multiple of 8', () => {
    const names = decode(
      batchOf([
        turn({ bytes: 'abc' }),
        chunk({ bytes: 'de' }),
        close({ connection: 5, ns: 6, lastSeq: 7, endsLost: 2, lastStream: 9, isMidstream: true }),
        processRecord('exec', { pid: 1 }),
        processRecord('fork', { pid: 2, parent: 1 }),
        processRecord('exit', { pid: 2 }),
        listen({ pid: 1, port: 8080, netns: 9 }),
      ]),
    );
    expect(names).toMatchObject([
      { name: 'turn' },
      { name: 'chunk' },
      {
        name: 'close',
        connection: 5,
        ns: 6,
        lastSeq: 7,
        endsLost: 2,
        lastStream: 9,
        isMidstream: true,
        wasReset: false,
      },
      { name: 'exec', pid: 1 },
      { name: 'fork', pid: 2, parent: 1 },
      { name: 'exit', pid: 2 },
      { name: 'listen', pid: 1, port: 8080, netns: 9, family: 2 },
    ]);
  });

  it('goes on behind a record of another ABI version, of an unknown kind, and one whose prefix is longer than itself', () => {
    const otherAbi = turn({});
    otherAbi[RECORD_HEADER.abi] = 99;
    const otherKind = turn({});
    otherKind[RECORD_HEADER.kind] = 77;
    const tooLong = turn({ bytes: 'abc' });
    tooLong[TURN_RECORD.captured] = 200;
    expect(decode(batchOf([otherAbi, otherKind, tooLong, close({})]))).toMatchObject([
      { name: 'malformed', reason: 'abi' },
      { name: 'malformed', reason: 'kind' },
      { name: 'malformed', reason: 'captured' },
      { name: 'close' },
    ]);
  });

  it('stops, once, where it cannot know the next record', () => {
    const record = turn({});
    record.fill(0, 0, 4);
    expect(decode(batchOf([close({}), record, close({})]))).toMatchObject([
      { name: 'close' },
      { name: 'malformed', reason: 'size' },
    ]);
    expect(decode(batchOf([close({})]), 12)).toEqual([{ name: 'malformed', reason: 'size' }]);
  });

  it('reads a batch that does not begin at a multiple of 8', () => {
    const batch = batchOf([close({ connection: 5 })]);
    const shifted = new Uint8Array(batch.length + 3);
    shifted.set(batch, 3);
    expect(decode(shifted.subarray(3))).toMatchObject([{ name: 'close', connection: 5 }]);
  });
});
