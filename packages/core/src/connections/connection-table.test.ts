import { describe, expect, it } from 'vitest';
import { RECORD_FLAG } from '../events/layout.gen.ts';
import { Conversation } from '../testing/conversation.ts';
import { InterpreterHarness } from '../testing/interpreter-harness.ts';
import { batchOf, chunk, close, head, turn } from '../testing/records.ts';

const GET = 'GET /a HTTP/1.1\r\n\r\n';
const HEAD_OF_LONG = 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n';

/** A request whose response has begun: its head is reported, its growth is not. */
function begun(harness: InterpreterHarness): void {
  const atNs = harness.nowNs;
  harness.batch([
    turn({ seq: 1, bytes: GET, firstNs: atNs }),
    turn({ seq: 2, direction: 'out', bytes: HEAD_OF_LONG, firstNs: atNs, flags: RECORD_FLAG.HEAD }),
  ]);
}

const tail = { tailLow: 0, tailHigh: 0 };

describe('ConnectionTable', () => {
  it('finds the end of a response by looking at the kernel, within a second of its last byte', () => {
    const harness = new InterpreterHarness();
    begun(harness);
    const endNs = harness.nowNs + 300e6;
    const started = harness.nowNs;
    harness.kernel.set(1, { seq: 2, sizeBytes: 1000, lastNs: harness.nowNs, ...tail });
    expect(harness.pass(300)).toEqual([]);
    harness.kernel.set(1, { seq: 2, sizeBytes: HEAD_OF_LONG.length + 5000, lastNs: endNs, ...tail });
    while (harness.spans.length === 0 && harness.nowNs < started + 5e9) harness.batch([]);
    expect(harness.spans).toMatchObject([{ statusCode: 200, responseBodySize: 5000, endNs }]);
    expect(harness.nowNs - endNs).toBeLessThan(1e9);
  });

  it('looks at growing distances, and not at responses that are proven complete', () => {
    const harness = new InterpreterHarness();
    begun(harness);
    harness.kernel.set(1, { seq: 2, sizeBytes: HEAD_OF_LONG.length, lastNs: 1, ...tail });
    harness.pass(10_000);
    // 50, 150, 350, 750 ms, then every second.
    expect(harness.looks).toBeGreaterThan(10);
    expect(harness.looks).toBeLessThan(16);
    const proven = new InterpreterHarness();
    proven.batch(new Conversation().ask(GET).answer('HTTP/1.1 204 OK\r\n\r\n').take());
    proven.pass(2000);
    expect(proven.spans).toHaveLength(1);
    expect(proven.looks).toBe(0);
  });

  it('believes a value that may be half-written only when a second look agrees', () => {
    let size = 0;
    const harness = new InterpreterHarness({
      probe: () => ({
        read: (_low, _high, _direction, out) => {
          size += 1;
          Object.assign(out, { connection: 1, seq: 2, sizeBytes: 10_000 + size, lastNs: harness.nowNs, ...tail });
          return true;
        },
      }),
    });
    begun(harness);
    harness.pass(2000);
    expect(size).toBeGreaterThan(4);
    expect(harness.spans).toEqual([]);
  });

  it('recognises the end record of a response that a look has finished', () => {
    const harness = new InterpreterHarness();
    begun(harness);
    const sizeBytes = HEAD_OF_LONG.length + 5000;
    harness.kernel.set(1, { seq: 2, sizeBytes, lastNs: harness.nowNs, ...tail });
    harness.pass(200);
    expect(harness.spans).toHaveLength(1);
    harness.batch([
      turn({ seq: 2, direction: 'out', sizeBytes, flags: RECORD_FLAG.FINAL }),
      turn({ seq: 3, bytes: GET }),
    ]);
    harness.batch([turn({ seq: 4, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n' })]);
    expect(harness.httpSpans.map(({ statusCode }) => statusCode)).toEqual([200, 204]);
    expect(harness.lost()).toEqual({});
  });

  it('waits for the next request where nothing tells the end of a response, however long it is silent', () => {
    const harness = new InterpreterHarness();
    const head = `HTTP/1.1 200 OK\r\nX-Policy: ${'x'.repeat(600)}\r\nContent-Length: 3\r\n\r\n`;
    const atNs = harness.nowNs;
    const response = { seq: 2, direction: 'out', bytes: `${head}abc`, firstNs: atNs } as const;
    harness.kernel.set(1, { seq: 2, sizeBytes: head.length + 3, lastNs: atNs, tailLow: 1, tailHigh: 1 });
    harness.batch([turn({ seq: 1, bytes: GET, firstNs: atNs }), turn({ ...response, flags: RECORD_FLAG.HEAD })]);
    expect(harness.pass(5000)).toEqual([]);
    const lastNs = harness.nowNs;
    harness.batch([
      turn({ ...response, sizeBytes: 9000, lastNs, flags: RECORD_FLAG.FINAL }),
      turn({ seq: 3, bytes: GET }),
    ]);
    expect(harness.spans).toMatchObject([{ statusCode: 200, responseBodySize: undefined, endNs: lastNs }]);
    expect(harness.count('http1.ended_early')).toBe(0);
  });

  it('reads a head that grew in small calls where it looks, and takes it for cut only where the kernel has no more of it', () => {
    const harness = new InterpreterHarness();
    const response = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno';
    const atNs = harness.nowNs;
    const written = { seq: 2, direction: 'out', firstNs: atNs } as const;
    harness.batch([
      turn({ seq: 1, bytes: GET, firstNs: atNs }),
      turn({ ...written, bytes: response.slice(0, 7), flags: RECORD_FLAG.HEAD }),
    ]);
    for (const length of [14, 31]) {
      const data = new TextEncoder().encode(response.slice(0, length));
      const prefix = { data, prefixStart: 0, prefixEnd: length };
      harness.kernel.set(1, { seq: 2, sizeBytes: length, lastNs: harness.nowNs, ...tail, ...prefix });
      expect(harness.pass(200)).toEqual([]);
    }
    harness.batch([turn({ ...written, bytes: response, flags: RECORD_FLAG.FINAL })]);
    expect(harness.spans).toMatchObject([{ statusCode: 404, responseBodySize: 2 }]);
    expect(harness.lost()).toEqual({});
  });

  describe('a head that is longer than the prefix of its turn', () => {
    const cookie = `Cookie: ${'c'.repeat(1500)}\r\n`;
    const request = `GET /long HTTP/1.1\r\n${cookie}Host: example.test\r\nUser-Agent: long/1\r\n\r\n`;
    const response = `HTTP/1.1 404 Not Found\r\nX-Policy: ${'p'.repeat(900)}\r\nContent-Length: 5000\r\n\r\n`;

    it('is joined from what the kernel sent ahead, and tells what is behind the prefix', () => {
      const harness = new InterpreterHarness();
      const atNs = harness.nowNs;
      harness.batch([
        head({ seq: 1, offset: 512, bytes: request.slice(512, 1024) }),
        head({ seq: 1, offset: 1024, bytes: request.slice(1024) }),
      ]);
      harness.batch([
        head({ seq: 2, direction: 'out', offset: 512, bytes: response.slice(512) }),
        turn({ seq: 1, bytes: request, firstNs: atNs }),
        turn({ seq: 2, direction: 'out', bytes: response, firstNs: atNs, flags: RECORD_FLAG.HEAD }),
      ]);
      expect(harness.spans).toEqual([]);
      const sizeBytes = response.length + 5000;
      const lastNs = atNs + 2e9;
      harness.batch([turn({ seq: 2, direction: 'out', sizeBytes, lastNs, flags: RECORD_FLAG.FINAL })]);
      expect(harness.httpSpans).toMatchObject([
        {
          path: '/long',
          host: 'example.test',
          userAgent: 'long/1',
          statusCode: 404,
          responseBodySize: 5000,
          endNs: lastNs,
        },
      ]);
      expect(harness.lost()).toEqual({});
    });

    it('is read on where it grew after its first report', () => {
      const harness = new InterpreterHarness();
      const atNs = harness.nowNs;
      const written = { seq: 2, direction: 'out', firstNs: atNs } as const;
      harness.batch([
        turn({ seq: 1, bytes: GET, firstNs: atNs }),
        turn({ ...written, bytes: response.slice(0, 300), flags: RECORD_FLAG.HEAD }),
        head({ seq: 2, direction: 'out', offset: 512, bytes: response.slice(512, 700) }),
        head({ seq: 2, direction: 'out', offset: 700, bytes: response.slice(700) }),
      ]);
      const whole = { sizeBytes: response.length + 5000, lastNs: atNs, ...tail };
      const prefix = { data: new TextEncoder().encode(response.slice(0, 512)), prefixStart: 0, prefixEnd: 512 };
      harness.kernel.set(1, { seq: 2, ...whole, ...prefix });
      expect(harness.pass(200)).toMatchObject([{ statusCode: 404, responseBodySize: 5000 }]);
    });

    it('stays cut where a piece is missing', () => {
      const harness = new InterpreterHarness();
      const atNs = harness.nowNs;
      harness.batch([
        head({ seq: 1, offset: 1024, bytes: request.slice(1024) }),
        turn({ seq: 1, bytes: request, firstNs: atNs }),
        turn({ seq: 2, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n', firstNs: atNs }),
      ]);
      expect(harness.httpSpans).toMatchObject([{ path: '/long', host: undefined, statusCode: 204 }]);
    });
  });

  it('ends a connection that the kernel no longer knows', () => {
    const harness = new InterpreterHarness();
    begun(harness);
    harness.pass(500);
    expect(harness.spans).toMatchObject([{ statusCode: 200, errorType: 'response_truncated' }]);
    expect(harness.count('connections.vanished')).toBe(1);
    expect(harness.count('connections')).toBe(0);
  });

  it('gives a missing turn until the end of the next batch', () => {
    const harness = new InterpreterHarness();
    harness.batch([turn({ seq: 2, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n' })]);
    expect(harness.batch([turn({ seq: 1, bytes: GET })])).toHaveLength(1);
    harness.batch([turn({ seq: 4, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n', offsetBytes: 19 })]);
    harness.batch([]);
    harness.batch([turn({ seq: 3, bytes: GET, offsetBytes: GET.length })]);
    expect(harness.spans).toHaveLength(1);
    expect(harness.count('turn_gap')).toBe(1);
    expect(harness.lost()).toEqual({ 'http1.request_lost': 1 });
  });

  it('waits with a close that came ahead of its turns, on the other ring', () => {
    const harness = new InterpreterHarness({ probe: () => undefined });
    const [request, response, end] = new Conversation().ask(GET).answer('HTTP/1.1 200 OK\r\n\r\nbye').close().take();
    harness.batch([end ?? batchOf([])]);
    harness.batch([request ?? batchOf([])]);
    harness.batch([response ?? batchOf([])]);
    harness.pass(300);
    expect(harness.spans).toMatchObject([{ statusCode: 200, responseBodySize: 3, errorType: undefined }]);
    expect(harness.lost()).toEqual({});
  });

  it('counts the requests of a connection of which only the close was seen', () => {
    const harness = new InterpreterHarness();
    harness.batch([close({ connection: 9, lastSeq: 5 })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'connections.unseen': 3 });
  });

  it('counts them by their numbers where it was HTTP/2, unless some may be from before the tracer', () => {
    const harness = new InterpreterHarness();
    harness.batch([close({ connection: 9, lastSeq: 5, lastStream: 21 })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'connections.unseen': 11 });
    harness.batch([close({ connection: 10, lastSeq: 5, lastStream: 21, isMidstream: true })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'connections.unseen': 14 });
  });

  it('counts no more of them than there was room for in what was lost', () => {
    const harness = new InterpreterHarness();
    harness.batch([close({ connection: 9, lastSeq: 2, lastStream: 0x7ffffffd, isFramed: true })]);
    harness.pass(300);
    expect(harness.lost()['connections.unseen']).toBeLessThanOrEqual((2 * 4096) / 10);
  });

  it('counts none where HTTP/2 had none', () => {
    const harness = new InterpreterHarness();
    harness.batch([close({ connection: 9, lastSeq: 3, isFramed: true })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({});
  });

  it('counts them, too, where what was seen of it is too little to tell what it was', () => {
    const harness = new InterpreterHarness();
    harness.batch([chunk({ seq: 4, bytes: '', offsetBytes: 400 }), close({ lastSeq: 8, lastStream: 7 })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'connections.unseen': 4 });
  });

  it('forgets the least recently used connection when the table is full, and counts what that loses', () => {
    const harness = new InterpreterHarness({ maxConnections: 2 });
    for (const connection of [1, 2, 3, 4]) harness.batch([turn({ connection, bytes: GET })]);
    harness.batch([turn({ connection: 1, seq: 1, bytes: GET })]);
    harness.batch([turn({ connection: 5, bytes: GET })]);
    expect(harness.count('connections')).toBe(4);
    expect(harness.count('connections.evicted')).toBe(1);
    expect(harness.lost()).toEqual({ 'http1.response_lost': 1 });
    harness.batch([turn({ connection: 1, seq: 2, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n' })]);
    expect(harness.spans).toHaveLength(1);
  });

  it('forgets none for those that begin and end within a batch, however many', () => {
    const harness = new InterpreterHarness({ maxConnections: 20 });
    const answer = 'HTTP/1.1 204 OK\r\n\r\n';
    harness.batch([turn({ connection: 1, bytes: GET })]);
    const lives = Array.from({ length: 200 }, (_, i) => [
      turn({ connection: i + 2, seq: 1, bytes: GET }),
      turn({ connection: i + 2, seq: 2, direction: 'out', bytes: answer }),
      close({ connection: i + 2, lastSeq: 2 }),
    ]);
    harness.batch(lives.flat());
    expect(harness.count('connections.evicted')).toBe(0);
    harness.batch([turn({ connection: 1, seq: 2, direction: 'out', bytes: answer })]);
    expect(harness.spans).toHaveLength(201);
  });

  it('counts the pieces of each direction for itself, and what is missing of either', () => {
    const harness = new InterpreterHarness();
    const atNs = harness.nowNs;
    const text = `${GET}${GET}`;
    const answer = 'HTTP/1.1 204 OK\r\n\r\n';
    harness.batch([turn({ seq: 1, bytes: GET, firstNs: atNs }), turn({ seq: 2, direction: 'out', bytes: answer })]);
    harness.batch([
      chunk({ seq: 3, bytes: text.slice(0, 20), offsetBytes: GET.length }),
      chunk({ seq: 3, direction: 'out', bytes: answer, offsetBytes: answer.length }),
      chunk({ seq: 4, bytes: text.slice(20), offsetBytes: GET.length + 20 }),
      chunk({ seq: 4, direction: 'out', bytes: answer, offsetBytes: 2 * answer.length }),
    ]);
    expect(harness.spans).toHaveLength(3);
    expect(harness.count('turn_gap')).toBe(0);
    harness.batch([chunk({ seq: 7, bytes: GET, offsetBytes: 400 }), close({ lastSeq: 8 })]);
    harness.pass(300);
    expect(harness.count('turn_gap')).toBe(2);
    expect(harness.count('connections')).toBe(0);
  });

  it('takes the first turn of a direction also after the other direction went over to pieces', () => {
    const harness = new InterpreterHarness();
    harness.batch([
      chunk({ seq: 1, bytes: GET }),
      turn({ seq: 1, direction: 'out', bytes: 'HTTP/1.1 204 OK\r\n\r\n' }),
    ]);
    expect(harness.spans).toHaveLength(1);
    expect(harness.count('turns.late')).toBe(0);
  });

  it('forgets connections that nothing is heard of', () => {
    const harness = new InterpreterHarness({ idleTimeoutMs: 1000 });
    harness.batch(new Conversation().ask(GET).answer('HTTP/1.1 204 OK\r\n\r\n').take());
    harness.pass(900);
    expect(harness.count('connections')).toBe(1);
    harness.pass(200);
    expect(harness.count('connections')).toBe(0);
    expect(harness.count('connections.expired')).toBe(1);
  });
});
