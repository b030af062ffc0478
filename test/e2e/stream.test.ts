import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SourceName, Tracer } from '@beyla/core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BatchDecoder } from '../../packages/core/src/events/batch-decoder.ts';
import type { CloseEvent, TurnEvent } from '../../packages/core/src/events/event.ts';
import { DIRECTION, RECORD_FLAG } from '../../packages/core/src/events/layout.gen.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { END_HEADERS, END_STREAM, frame, longData, PREFACE, payload, SETTINGS } from '../support/http2-frames.ts';
import { runApp } from '../support/run-app.mjs';
import { use } from '../support/use.ts';

/** As in bpf/lib/http2.h. */
const DATA_MAX = 64;

interface Piece {
  kind: 'turn' | 'chunk';
  seq: number;
  direction: number;
  flags: number;
  offset: number;
  size: number;
  bytes: Buffer;
  lastNs: number;
}

/** All records of the one connection that the app makes. */
class Records {
  readonly pieces: Piece[] = [];
  lastSeq = 0;
  isClosed = false;
  malformed = 0;

  onTurn(event: TurnEvent): void {
    this.#add('turn', event);
  }
  onChunk(event: TurnEvent): void {
    this.#add('chunk', event);
  }
  onClose({ lastSeq }: CloseEvent): void {
    this.lastSeq = lastSeq;
    this.isClosed = true;
  }
  onMalformed(): void {
    this.malformed += 1;
  }
  onHead(): void {}
  onExec(): void {}
  onFork(): void {}
  onExit(): void {}
  onListen(): void {}
  onTls(): void {}

  of(direction: number): Piece[] {
    return this.pieces.filter((piece) => piece.direction === direction);
  }

  #add(kind: 'turn' | 'chunk', event: TurnEvent): void {
    const { seq, direction, flags, offsetBytes: offset, sizeBytes: size, lastNs } = event;
    const bytes = Buffer.from(event.data.slice(event.prefixStart, event.prefixEnd));
    this.pieces.push({ kind, seq, direction, flags, offset, size, bytes, lastNs });
  }
}

let binary: string;
let folder: string;
beforeAll(async () => {
  binary = await compileApp('stream-calls.c');
  folder = mkdtempSync(join(tmpdir(), 'beyla-stream-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  source: SourceName;
  /** What the app sends, or receives. */
  bytes: Buffer;
  script: readonly string[];
  mode?: 'connect' | 'listen';
  /** What the peer of a sending app answers once it has got so many bytes. */
  answers?: readonly { after: number; bytes: Buffer }[];
  /** The app is selected only when its script pauses. */
  isLate?: boolean;
}

/** Runs the app by its script, and resolves with what the tracer reported of its connection. */
async function record({
  source,
  bytes,
  script,
  mode = 'connect',
  answers = [],
  isLate = false,
}: Run): Promise<Records> {
  const server = mode === 'connect' ? await peer(bytes.length, answers) : undefined;
  const bytesFile = join(folder, 'bytes');
  const scriptFile = join(folder, 'script');
  writeFileSync(bytesFile, bytes);
  writeFileSync(scriptFile, `${script.join('\n')}\n`);
  const args = [mode, String(server?.port ?? 0), bytesFile, scriptFile];
  const app = use(await runApp('stream-calls', binary, args));
  const tracer = new Tracer({ source });
  await tracer.start();
  use(tracer);
  const ports = mode === 'listen' ? [{ netns: statSync('/proc/self/ns/net').ino, port: app.port }] : [];
  const service = { name: 'stream-calls', namespace: '', instanceId: '' };
  const process = {
    pid: app.pid,
    startTicks: 0,
    executable: binary,
    commandLine: [binary],
    language: 'cpp',
    service,
  } as const;
  const done = app.line(/^DONE$/);
  if (isLate) {
    const paused = app.line(/^PAUSED$/);
    app.write('go\n');
    await paused;
  }
  tracer.select({ ...process, resource: {} }, ports);
  app.write('go\n');
  if (mode === 'listen') send(app.port, bytes);
  await done;
  await server?.received;
  await app.stop();

  const records = new Records();
  const decoder = new BatchDecoder();
  for await (const batch of tracer) {
    decoder.decode(batch.bytes, batch.length, records);
    if (records.isClosed) break;
  }
  expect(records.malformed).toBe(0);
  expect(tracer.counters()).toMatchObject({ ring_full: 0, chunks_lost: 0, capture_fault: 0 });
  return records;
}

/** Reads all that comes, and answers. */
async function peer(
  bytes: number,
  answers: readonly { after: number; bytes: Buffer }[],
): Promise<{ port: number; received: Promise<void> }> {
  let socket: Socket | undefined;
  const server: Server = createServer();
  onTestFinished(() => {
    socket?.destroy();
    server.close();
  });
  const received = new Promise<void>((resolve) => {
    server.on('connection', (accepted) => {
      socket = accepted.setNoDelay();
      let got = 0;
      let answered = 0;
      const onData = (length: number): void => {
        got += length;
        for (let answer = answers[answered]; answer !== undefined && got >= answer.after; answer = answers[answered]) {
          answered += 1;
          accepted.write(answer.bytes);
        }
        if (got >= bytes) resolve();
      };
      accepted.on('data', (data) => onData(data.length));
      accepted.on('error', () => {});
      onData(0);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, received };
}

function send(port: number, bytes: Buffer): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
}

/**
 * The records of a direction against the bytes that were moved: in order, every byte there and right, but for payload of long DATA frames;
 * numbered without a gap; flagged where they begin with a frame.
 */
function expectWhole(pieces: readonly Piece[], bytes: Buffer, firstSeq = 1): void {
  const holes = longData(bytes, DATA_MAX);
  const starts = frameStarts(bytes);
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    expect(piece.kind).toBe('chunk');
    expect(piece.seq).toBe(firstSeq + index);
    if (piece.offset !== at) expectHole(holes, at, piece.offset);
    expect(piece.bytes.equals(bytes.subarray(piece.offset, piece.offset + piece.bytes.length))).toBe(true);
    expect(piece.offset + piece.size).toBeLessThanOrEqual(bytes.length);
    expect(piece.size).toBeGreaterThanOrEqual(piece.bytes.length);
    if (piece.bytes.length > 0) {
      expect((piece.flags & RECORD_FLAG.FRAME) !== 0, `flag at ${piece.offset}`).toBe(starts.has(piece.offset));
    }
    at = piece.offset + piece.bytes.length;
  }
  if (at !== bytes.length) expectHole(holes, at, bytes.length);
}

function expectHole(holes: readonly (readonly [number, number])[], from: number, to: number): void {
  expect(
    holes.some(([start, end]) => start <= from && to <= end),
    `${from} to ${to} is missing`,
  ).toBe(true);
}

function frameStarts(bytes: Buffer): Set<number> {
  const starts = new Set<number>();
  for (let at = PREFACE.length; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) starts.add(at);
  return starts;
}

/** Calls that move `total` bytes in parts of the given sizes, again and again. */
function calls(name: string, total: number, sizes: readonly number[]): string[] {
  const lines: string[] = [];
  for (let at = 0, index = 0; at < total; index++) {
    const size = Math.min(sizes[index % sizes.length] ?? 1, total - at);
    lines.push(`${name} ${size}`);
    at += size;
  }
  return lines;
}

/** One call with buffers of the given sizes, again and again, as often as it takes. */
function vectors(name: string, total: number, sizes: readonly number[], perCall: number): string[] {
  const parts = calls('', total, sizes).map((line) => line.trim());
  const lines: string[] = [];
  for (let at = 0; at < parts.length; at += perCall) lines.push(`${name} ${parts.slice(at, at + perCall).join(' ')}`);
  return lines;
}

/** What a client of gRPC says, and what is rare: a header block in three frames, padding by size, payloads on both sides of the limit. */
const CONVERSATION = Buffer.concat([
  PREFACE,
  SETTINGS,
  frame('windowUpdate', 0, Buffer.from([0, 1, 0, 0])),
  frame('headers', 1, payload(120, 2), END_HEADERS),
  frame('data', 1, payload(1, 3)),
  frame('data', 1, payload(DATA_MAX, 4)),
  frame('data', 1, payload(DATA_MAX + 1, 5)),
  frame('data', 1, payload(0), END_STREAM),
  frame('headers', 3, payload(700, 6)),
  frame('continuation', 3, payload(300, 7)),
  frame('continuation', 3, payload(1, 8), END_HEADERS),
  frame('data', 3, payload(5000, 9)),
  frame('data', 3, payload(100, 10)),
  frame('data', 3, payload(470, 11)),
  frame('ping', 0, payload(8, 12)),
  frame('data', 3, payload(16384, 13), END_STREAM),
  frame('headers', 5, payload(30, 14), END_HEADERS | END_STREAM),
]);

const MANY = Buffer.concat([
  PREFACE,
  SETTINGS,
  ...Array.from({ length: 60 }, (_, index) =>
    Buffer.concat([
      frame('headers', 2 * index + 1, payload(20 + index, index), END_HEADERS),
      frame('data', 2 * index + 1, payload(5 + index, index), END_STREAM),
    ]),
  ),
]);

const MEBIBYTE = Buffer.concat([
  PREFACE,
  SETTINGS,
  frame('headers', 1, payload(50), END_HEADERS),
  ...Array.from({ length: 64 }, (_, index) => frame('data', 1, payload(16384, index), index === 63 ? END_STREAM : 0)),
]);

const total = CONVERSATION.length;
const SPLITS: readonly (readonly [string, readonly string[]])[] = [
  ['one write', [`write ${total}`]],
  ['one byte at a time around the beginning', [...calls('write', 60, [1]), `write ${total - 60}`]],
  ['7 bytes at a time', calls('write', total, [7])],
  ['frame headers cut everywhere', calls('write', total, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])],
  ['preface, then 100 bytes', ['write 24', ...calls('write', total - 24, [100])]],
  ['512 bytes', calls('write', total, [512])],
  ['513 bytes', calls('write', total, [513])],
  ['4096 bytes', calls('write', total, [4096])],
  ['writev of 3', vectors('writev', total, [9, 120, 33], 3)],
  ['writev of 64', vectors('writev', total, [3, 1, 40, 9], 64)],
  ['sendmsg of 300', vectors('sendmsg', total, [17, 90, 4, 200], 300)],
  [
    'sendmsg with empty buffers',
    vectors('sendmsg', total, [200, 31], 40).map((line) => line.replaceAll(' 31', ' 0 31 0')),
  ],
];

describe.each(SOURCES)('HTTP/2 as the kernel reports it, with the source %s', (source) => {
  describe('sent', needsSource(source), () => {
    it.each(SPLITS)('is whole but for long DATA: %s', async (_name, script) => {
      const records = await record({ source, bytes: CONVERSATION, script });
      expectWhole(records.of(DIRECTION.OUT), CONVERSATION);
      expect(records.lastSeq).toBe(records.pieces.length);
    });

    it('takes one record for a call whose frames are short', async () => {
      const bytes = CONVERSATION.subarray(0, PREFACE.length + SETTINGS.length + 13 + 129 + 10 + 73);
      const records = await record({ source, bytes, script: [`write ${bytes.length}`] });
      expect(records.pieces).toHaveLength(1);
      expect(records.pieces[0]).toMatchObject({ offset: 0, size: bytes.length });
    });

    it('walks a hundred frames in one call', async () => {
      const records = await record({ source, bytes: MANY, script: [`write ${MANY.length}`] });
      expectWhole(records.of(DIRECTION.OUT), MANY);
    });

    it('passes 64 DATA frames of 16 KiB in one call as their headers', async () => {
      const records = await record({ source, bytes: MEBIBYTE, script: [`write ${MEBIBYTE.length}`] });
      expectWhole(records.of(DIRECTION.OUT), MEBIBYTE);
      expect(records.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(24 + 15 + 59 + 64 * 9 + 1);
    });

    it('tells when the last byte of a stream was sent, though its payload is left out', async () => {
      const bytes = Buffer.concat([PREFACE, SETTINGS, frame('data', 1, payload(3000), END_STREAM)]);
      const head = PREFACE.length + SETTINGS.length + 9;
      const script = [`write ${head + 10}`, 'write 990', 'write 1000', 'write 1000'];
      const records = await record({ source, bytes, script });
      const pieces = records.of(DIRECTION.OUT);
      expect(pieces.map(({ offset, size, bytes: { length } }) => [offset, size, length])).toEqual([
        [0, head + 10, head],
        [head + 2000, 1000, 0],
      ]);
    });

    it('takes sendfile for the payload that it is', async () => {
      const bytes = Buffer.concat([
        PREFACE,
        SETTINGS,
        frame('data', 1, payload(9000), END_STREAM),
        frame('headers', 3, payload(40), END_HEADERS | END_STREAM),
      ]);
      const head = PREFACE.length + SETTINGS.length + 9;
      const records = await record({ source, bytes, script: [`write ${head}`, 'sendfile 9000', 'write 49'] });
      expectWhole(records.of(DIRECTION.OUT), bytes);
    });

    it('goes on after bytes that could not be read where a call begins with a frame', async () => {
      const bytes = Buffer.concat([
        PREFACE,
        SETTINGS,
        frame('headers', 1, payload(40), END_HEADERS | END_STREAM),
        frame('headers', 3, payload(50), END_HEADERS),
        frame('data', 3, payload(500), END_STREAM),
      ]);
      const head = PREFACE.length + SETTINGS.length;
      const records = await record({ source, bytes, script: [`write ${head}`, 'sendfile 49', 'write 568'] });
      const pieces = records.of(DIRECTION.OUT);
      expect(pieces.map(({ offset, bytes: { length } }) => [offset, length])).toEqual([
        [0, head],
        [head, 0],
        [head + 49, 59 + 9],
      ]);
      expect((pieces[1]?.flags ?? 0) & RECORD_FLAG.NO_PREFIX).toBeTruthy();
      expect((pieces[2]?.flags ?? 0) & RECORD_FLAG.FRAME).toBeTruthy();
    });

    it('begins in the middle of a connection with a call that begins with a frame', async () => {
      const bytes = Buffer.concat([
        PREFACE,
        SETTINGS,
        frame('data', 1, payload(3000, 2)),
        frame('headers', 3, payload(80, 3), END_HEADERS),
        frame('data', 3, payload(200, 4), END_STREAM),
      ]);
      const known = bytes.length - 209 - 89;
      const script = [`write ${known - 500}`, 'pause', 'write 500', `read ${SETTINGS.length}`, 'write 89', 'write 209'];
      const answers = [{ after: known, bytes: SETTINGS }];
      const records = await record({ source, bytes, script, answers, isLate: true });
      expect(
        records.pieces.map(({ kind, seq, direction, offset, size, bytes: { length } }) => ({
          kind,
          seq,
          direction,
          offset,
          size,
          length,
        })),
      ).toEqual([
        // The rest of a body, which nothing tells from anything else.
        { kind: 'turn', seq: 1, direction: DIRECTION.OUT, offset: 0, size: 500, length: 500 },
        { kind: 'chunk', seq: 2, direction: DIRECTION.IN, offset: 0, size: 15, length: 15 },
        { kind: 'chunk', seq: 2, direction: DIRECTION.OUT, offset: 500, size: 89, length: 89 },
        { kind: 'chunk', seq: 3, direction: DIRECTION.OUT, offset: 589, size: 209, length: 9 },
      ]);
    });

    it('keeps turns from before an upgrade, and passes all until it knows the frames', async () => {
      const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      const accepted = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n');
      const http2 = Buffer.concat([PREFACE, SETTINGS, frame('headers', 3, payload(40), END_HEADERS | END_STREAM)]);
      // The first answer ends in the middle of a frame.
      const answer = Buffer.concat([
        accepted,
        SETTINGS,
        frame('headers', 1, payload(20, 5), END_HEADERS),
        frame('data', 1, payload(100, 6), END_STREAM),
        frame('data', 3, payload(100, 7), END_STREAM),
      ]);
      const second = answer.length - 109;
      const cut = accepted.length + SETTINGS.length + 14;
      const records = await record({
        source,
        bytes: Buffer.concat([request, http2]),
        script: [`write ${request.length}`, `read ${cut}`, `write ${http2.length}`, `read ${second - cut}`, 'read 109'],
        answers: [
          { after: request.length, bytes: answer.subarray(0, cut) },
          { after: request.length + http2.length, bytes: answer.subarray(cut) },
        ],
      });
      const [asked, ...sent] = records.of(DIRECTION.OUT);
      const [answered, ...received] = records.of(DIRECTION.IN);
      expect([asked?.kind, asked?.seq, asked?.bytes.toString()]).toEqual(['turn', 1, request.toString()]);
      expect([answered?.kind, answered?.seq, answered?.size]).toEqual(['turn', 2, cut]);
      expect(sent.map(({ kind, seq, offset, size }) => [kind, seq, offset, size])).toEqual([
        ['chunk', 3, request.length, http2.length],
      ]);
      expect(received.map(({ kind, seq, offset, bytes }) => [kind, seq, offset, bytes.toString('hex')])).toEqual([
        ['chunk', 3, cut, answer.subarray(cut, second).toString('hex')],
        ['chunk', 4, second, answer.subarray(second, second + 9).toString('hex')],
      ]);
    });
  });

  describe('received', needsSource(source), () => {
    it.each([
      ['one read', [`read ${total}`]],
      ['frame headers cut everywhere', calls('read', total, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])],
      ['9 bytes, then the rest', ['read 24', ...calls('read', total - 24, [9, 500])]],
      ['readv', vectors('readv', total, [9, 120, 33], 3)],
      ['recvmsg', vectors('recvmsg', total, [1000, 8], 2)],
    ] as const)('is whole but for long DATA: %s', async (_name, script) => {
      const records = await record({ source, bytes: CONVERSATION, script, mode: 'listen' });
      expectWhole(records.of(DIRECTION.IN), CONVERSATION);
    });
  });
});
