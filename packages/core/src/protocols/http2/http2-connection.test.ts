import { describe, expect, it } from 'vitest';
import { unescapeBytes } from '../../testing/conversation-script.ts';
import { Http2Script } from '../../testing/http2-script.ts';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';
import { chunk, close } from '../../testing/records.ts';

const HELLO = 'PREFACE\nSETTINGS\n';

/** One connection in stream mode, of a server; each call is a record. */
class Calls {
  readonly #script = new Http2Script(unescapeBytes);
  readonly #offsets = { ask: 0, answer: 0 };
  readonly #seqs = { ask: 0, answer: 0 };

  call(side: 'ask' | 'answer', frames: string, ns = 1_000_000, leftOut = 0): Uint8Array[] {
    const bytes = this.#script.bytes(side, frames);
    const records: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 4096) {
      records.push(
        chunk({
          seq: ++this.#seqs[side],
          direction: side === 'ask' ? 'in' : 'out',
          bytes: bytes.subarray(at, at + 4096),
          offsetBytes: this.#offsets[side] + at,
          sizeBytes: bytes.length - at,
          firstNs: ns,
        }),
      );
    }
    this.#offsets[side] += bytes.length + leftOut;
    return records;
  }

  /** The kernel left content out that ends here. */
  end(side: 'ask' | 'answer', ns: number): Uint8Array {
    const seq = ++this.#seqs[side];
    const direction = side === 'ask' ? 'in' : 'out';
    return chunk({ seq, direction, bytes: '', offsetBytes: this.#offsets[side], sizeBytes: 0, firstNs: ns });
  }
}

const get = (id: number, path: string): string => `HEADERS ${id} END_STREAM\n  :method: GET\n  :path: ${path}\n`;
const ok = (id: number): string => `HEADERS ${id} END_STREAM\n  :status: 200\n`;

describe('Http2Connection', () => {
  it('pairs a response that was reported before its request', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch([
      ...calls.call('ask', HELLO),
      ...calls.call('answer', `SETTINGS\n${ok(1)}`, 3_000),
      ...calls.call('ask', get(1, '/a'), 2_000),
    ]);
    expect(harness.spans).toMatchObject([{ path: '/a', statusCode: 200, startNs: 2_000, endNs: 3_000 }]);
    expect(harness.lost()).toEqual({});
  });

  it('ends a response at its last byte, also where the kernel left the content out', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const content = 'HEADERS 1\n  :status: 200\nBYTES \\0\\x10\\0\\0\\x01\\0\\0\\0\\x01\n';
    harness.batch([
      ...calls.call('ask', `${HELLO}${get(1, '/a')}`, 1_000),
      ...calls.call('answer', `SETTINGS\n${content}`, 5_000, 4096),
    ]);
    expect(harness.spans).toEqual([]);
    harness.batch([calls.end('answer', 9_000)]);
    expect(harness.spans).toMatchObject([{ path: '/a', firstByteNs: 5_000, endNs: 9_000, responseBodySize: 4096 }]);
  });

  it('remembers so many open streams and no more, and counts the oldest', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch(calls.call('ask', HELLO));
    for (let index = 0; index < 1100; index++) harness.batch(calls.call('ask', get(2 * index + 1, `/${index}`)));
    expect(harness.lost()).toEqual({ 'http2.streams_evicted': 76 });
    harness.batch(calls.call('answer', `SETTINGS\n${ok(1)}${ok(2 * 1099 + 1)}`));
    expect(harness.spans).toMatchObject([{ path: '/1099' }]);
    expect(harness.lost()).toEqual({ 'http2.streams_evicted': 76 });
  });

  it('counts each request that waits when the connection is forgotten', () => {
    const harness = new InterpreterHarness({ idleTimeoutMs: 1000 });
    const calls = new Calls();
    harness.batch([...calls.call('ask', `${HELLO}${get(1, '/a')}${get(3, '/b')}`)]);
    harness.pass(2000);
    expect(harness.lost()).toEqual({ 'http2.response_lost': 2 });
    expect(harness.count('connections')).toBe(0);
  });

  it('counts every request before the first that it sees, where the beginning found no room on the ring', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    calls.call('ask', `${HELLO}${get(1, '/a')}`);
    calls.call('ask', get(3, '/b'));
    harness.batch([...calls.call('ask', get(5, '/c')), ...calls.call('answer', ok(5))]);
    expect(harness.spans).toMatchObject([{ path: '/c' }]);
    expect(harness.lost()).toEqual({ 'http2.request_lost': 2 });
  });

  it('counts the last requests of a connection, of which nothing was reported', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch([...calls.call('ask', `${HELLO}${get(1, '/a')}`), ...calls.call('answer', `SETTINGS\n${ok(1)}`)]);
    harness.batch([close({ lastSeq: 6, lastStream: 7 })]);
    harness.pass(300);
    expect(harness.spans).toMatchObject([{ path: '/a' }]);
    expect(harness.lost()).toEqual({ 'http2.request_lost': 3 });
  });

  it('counts a request once whose response alone was reported, before the connection closed', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch([
      ...calls.call('ask', `${HELLO}${get(1, '/a')}`),
      ...calls.call('answer', `SETTINGS\n${ok(1)}${ok(5)}`),
    ]);
    harness.batch([close({ lastSeq: 5, lastStream: 7 })]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'http2.request_lost': 3 });
  });

  it('counts nothing at the close of a connection all of whose requests were seen', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const asked = `${HELLO}${get(1, '/a')}${get(3, '/b')}`;
    harness.batch([...calls.call('ask', asked), ...calls.call('answer', `SETTINGS\n${ok(3)}${ok(1)}`)]);
    harness.batch([close({ lastSeq: 2, lastStream: 3 })]);
    harness.pass(300);
    expect(harness.spans).toHaveLength(2);
    expect(harness.lost()).toEqual({});
  });

  it('gives up what turns out to be no HTTP/2, after many tries', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch(calls.call('ask', HELLO));
    for (let index = 0; index < 1100; index++) harness.batch(calls.call('ask', 'BYTES no frame at all'));
    expect(harness.verdicts).toEqual([[1, 'ignore']]);
    expect(harness.count('http2.gave_up')).toBe(1);
  });

  it('does not remember a header block without end', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const piece = `CONTINUATION ${'<<x*4000>>'}`;
    harness.batch(calls.call('ask', `${HELLO}${get(1, '/a')}`));
    const begin = 'BYTES \\0\\0\\x01\\x01\\0\\0\\0\\0\\x03\\x82';
    harness.batch(calls.call('ask', begin));
    for (let index = 0; index < 40; index++) {
      harness.batch(calls.call('ask', `BYTES \\0\\x0f\\xa0\\x09\\0\\0\\0\\0\\x03${piece.slice(piece.indexOf('<'))}`));
    }
    expect(harness.count('http2.malformed')).toBeGreaterThan(0);
    harness.batch([...calls.call('answer', `SETTINGS\n${ok(1)}`), close({ lastSeq: 99 })]);
    expect(harness.spans).toMatchObject([{ path: '/a', statusCode: 200 }]);
  });
});
