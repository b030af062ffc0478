import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../connections/connection.ts';
import { Turn } from '../../connections/turn.ts';
import type { CounterReason } from '../../counters.ts';
import { TurnEvent } from '../../events/event.ts';
import { TURN_RECORD } from '../../events/layout.gen.ts';
import { unescapeBytes } from '../../testing/conversation-script.ts';
import { Http2Script } from '../../testing/http2-script.ts';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';
import { chunk, close } from '../../testing/records.ts';
import { HeldBytes } from '../held-bytes.ts';
import type { Exchange, ProtocolHost } from '../protocol.ts';
import { Http2Connection } from './http2-connection.ts';

const FUZZED = new URL('../../../../../test/fuzz/cases/http2-empty-method.json', import.meta.url);
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

  it('counts one request for the header of a frame with the highest id there is, and no more', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch([
      ...calls.call('ask', HELLO),
      ...calls.call('ask', 'BYTES \\0\\0\\x05\\x01\\x05\\x7f\\xff\\xff\\xfd'),
      close({ lastSeq: 2, lastStream: 0x7ffffffd }),
    ]);
    harness.pass(300);
    expect(harness.lost()).toEqual({ 'http2.request_lost': 1 });
  });

  it('counts no more requests than the bytes that were lost had room for', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch(calls.call('ask', `${HELLO}${get(1, '/a')}`));
    const lost = calls.call('ask', get(3, '/bb'))[0]?.length ?? 0;
    harness.batch([
      ...calls.call('ask', get(0xfffffd, '/c')),
      ...calls.call('answer', `SETTINGS\n${ok(1)}${ok(0xfffffd)}`),
    ]);
    expect(harness.spans).toMatchObject([{ path: '/a' }, { path: '/c' }]);
    const possible = Math.floor((lost - TURN_RECORD.size) / 10);
    expect(harness.lost()).toEqual({ 'http2.request_lost': possible });
    expect(possible).toBeLessThan(4);
  });

  it.each([false, true])('counts nothing for a connection without a request (older than the tracer: %s)', (isOlder) => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    harness.batch([
      ...calls.call('ask', `${HELLO}PING 0\n`),
      ...calls.call('answer', 'SETTINGS\nSETTINGS 0 ACK\nPING 0 ACK\nGOAWAY 0 0'),
      close({ lastSeq: 2, isFramed: true, isMidstream: isOlder }),
    ]);
    harness.pass(300);
    expect(harness.lost()).toEqual({});
  });

  it.each(['', 'GE T', 'G\u0000T', 'x'.repeat(40)])('takes a request with the method "%s" for none', (method) => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const head = `HEADERS 1 END_STREAM\n  :method: ${method}\n  :path: /a\n`;
    harness.batch([
      ...calls.call('ask', `${HELLO}${head}${get(3, '/b')}`),
      ...calls.call('answer', `${ok(1)}${ok(3)}`),
    ]);
    expect(harness.spans).toMatchObject([{ path: '/b' }]);
    expect(harness.lost()).toEqual({ 'http2.request_malformed': 1 });
  });

  it('takes a request without a method, or with an empty path, for none', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const heads = 'HEADERS 1 END_STREAM\n  :path: /a\nHEADERS 3 END_STREAM\n  :method: GET\n  :path: \n';
    harness.batch([
      ...calls.call('ask', `${HELLO}${heads}${get(5, '/b')}`),
      ...calls.call('answer', `RST_STREAM 1 1\nRST_STREAM 3 1\n${ok(5)}`),
    ]);
    expect(harness.spans).toMatchObject([{ path: '/b' }]);
    expect(harness.lost()).toEqual({ 'http2.request_malformed': 2 });
  });

  it('makes no request of what the fuzzer once made one without a method of', () => {
    const { conversation } = JSON.parse(readFileSync(FUZZED, 'utf8'));
    const exchanges: Exchange[] = [];
    const reasons: CounterReason[] = [];
    const host: ProtocolHost = {
      held: new HeldBytes(),
      exchange: (exchange) => exchanges.push(exchange),
      count: (reason) => reasons.push(reason),
      setVerdict() {},
      onBehalf() {},
      tunnel() {},
    };
    const { requestDirection } = conversation.opening;
    const connection = new Http2Connection(new Connection(new TurnEvent()), host, { requestDirection, offsets: [] });
    for (const { bytes, ...said } of conversation.said) {
      const data = Uint8Array.from(Buffer.from(bytes, 'base64'));
      connection.chunk(Object.assign(new Turn(), said, { isPiece: true, data, prefixEnd: data.length }));
    }
    connection.close(1);
    for (const exchange of exchanges) expect(exchange).not.toMatchObject({ kind: 'http', method: '' });
    expect(reasons).toContain('http2.request_malformed');
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

  it('counts no answer to a request that was never made, as bytes that look like frames make some', () => {
    const harness = new InterpreterHarness();
    const calls = new Calls();
    const answers = `SETTINGS\n${ok(1)}${ok(1574021)}`;
    harness.batch([...calls.call('ask', `${HELLO}${get(1, '/a')}`), ...calls.call('answer', answers)]);
    harness.batch([close({ lastSeq: 5, lastStream: 7 })]);
    harness.pass(300);
    expect(harness.spans).toMatchObject([{ path: '/a' }]);
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
