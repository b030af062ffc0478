import { describe, expect, it } from 'vitest';
import { Conversation } from '../../testing/conversation.ts';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';
import { chunk } from '../../testing/records.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\n\r\n`;

function paths(harness: InterpreterHarness): string[] {
  return harness.spans.map(({ path }) => path);
}

describe('HTTP/1 in stream mode', () => {
  it('asks for streams, of the connection and of new ones to its port, when requests merge', () => {
    const harness = new InterpreterHarness();
    const merged = Array.from({ length: 40 }, (_, index) => get(`/${index}`)).join('');
    harness.batch(new Conversation().ask(merged).answer(OK.repeat(40)).close().take());
    expect(harness.verdicts).toEqual([[1, 'stream']]);
    expect(harness.streamedPorts).toEqual([8080]);
    expect(harness.spans.length).toBeGreaterThan(10);
    expect(harness.lost()['http1.pipelined_merged']).toBeGreaterThan(0);
  });

  it('does not pair on a stream it joined midway until a quiet time after a response', () => {
    const harness = new InterpreterHarness();
    harness.batch([
      chunk({ seq: 1, bytes: get('/a'), offsetBytes: 900, firstNs: 1e9 }),
      chunk({ seq: 1, direction: 'out', bytes: OK, offsetBytes: 800, firstNs: 1.1e9 }),
      chunk({ seq: 2, bytes: get('/soon'), offsetBytes: 919, firstNs: 1.2e9 }),
      chunk({ seq: 2, direction: 'out', bytes: OK, offsetBytes: 838, firstNs: 1.21e9 }),
      chunk({ seq: 3, bytes: get('/later'), offsetBytes: 941, firstNs: 1.5e9 }),
      chunk({ seq: 3, direction: 'out', bytes: OK, offsetBytes: 876, firstNs: 1.6e9 }),
    ]);
    expect(paths(harness)).toEqual(['/later']);
    expect(harness.lost()).toEqual({ 'http1.stream_unsynced': 2 });
  });

  it('survives lost pieces inside a body of known length', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    conversation
      .ask(`POST /a HTTP/1.1\r\nContent-Length: 20000\r\n\r\n${'a'.repeat(20_000)}${get('/b')}`)
      .answer(OK, OK);
    const records = conversation.take();
    harness.batch(records.filter((_record, index) => index !== 2));
    harness.pass(100);
    expect(harness.spans).toMatchObject([{ path: '/a', requestBodySize: 20_000 }, { path: '/b' }]);
    expect(harness.lost()).toEqual({});
  });

  it('counts instead of guessing when a piece with a head is lost', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    conversation.ask(get('/a'), get('/b'), get('/c')).answer(OK, OK, OK);
    const records = conversation.take();
    harness.batch(records.filter((_record, index) => index !== 1));
    harness.pass(100);
    expect(paths(harness)).toEqual([]);
    expect(harness.lost()['http1.response_lost']).toBe(1);
    expect(harness.lost()['http1.stream_unsynced']).toBeGreaterThan(0);
  });
});
