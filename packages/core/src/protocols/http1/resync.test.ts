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
  it('asks for a stream when requests merge', () => {
    const harness = new InterpreterHarness();
    const merged = Array.from({ length: 40 }, (_, index) => get(`/${index}`)).join('');
    harness.batch(new Conversation().ask(merged).answer(OK.repeat(40)).close().take());
    expect(harness.verdicts).toEqual([[1, 'stream']]);
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
    expect(paths(harness)).toEqual(['/a']);
    expect(harness.lost()).toEqual({ 'http1.stream_unsynced': 2 });
  });

  it('pairs any number of pipelined requests, behind turns, with bodies, and answered while they are still coming', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation().ask(get('/first')).answer(OK).report('calls');
    const body = 'x'.repeat(5000);
    const post = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n${body}\r\n0\r\n\r\n`;
    const many = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? post(`/${index}`) : get(`/${index}`)));
    const [first = '', ...others] = many;
    conversation.ask(first + others.slice(0, 20).join('')).answer(OK.repeat(7), `${OK}HTTP/1.1 20`);
    conversation
      .ask(others.slice(20).join(''))
      .answer(`4 Nothing\r\n\r\n${OK.repeat(51)}`)
      .close();
    harness.batch(conversation.take());
    harness.pass(300);
    expect(paths(harness)).toEqual(['/first', ...many.map((_, index) => `/${index}`)]);
    expect(harness.httpSpans.map(({ statusCode }) => statusCode).indexOf(204)).toBe(9);
    expect(harness.httpSpans.map(({ requestBodySize }) => requestBodySize)).toEqual([
      0,
      ...many.map((_, index) => (index % 3 === 0 ? 5000 : 0)),
    ]);
    expect(harness.lost()).toEqual({});
  });

  it('counts each request beyond those it remembers, and is in step again behind them', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    const all = Array.from({ length: 1500 }, (_, index) => get(`/${index}`)).join('');
    conversation.ask(all, get('/late')).answer(OK.repeat(1500), OK);
    conversation.ask(get('/next')).answer(OK).close();
    harness.batch(conversation.take());
    harness.pass(300);
    expect(paths(harness)).toEqual([...Array.from({ length: 1024 }, (_, index) => `/${index}`), '/next']);
    expect(harness.lost()).toEqual({ 'http1.stream_unsynced': 1500 + 1 - 1024 });
  });

  it('goes back to turns after a while without pipelining, and is asked for again when requests merge', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    conversation.ask(get('/a') + get('/b')).answer(OK + OK);
    for (let index = 0; index < 8; index++) conversation.ask(get(`/${index}`)).answer(OK);
    harness.batch(conversation.take());
    expect(harness.verdicts).toEqual([[1, 'turns']]);
    conversation.ask(get('/still')).answer(OK).report('turns');
    const body = 'x'.repeat(9000);
    conversation
      .ask(`POST /turn HTTP/1.1\r\nContent-Length: 9000\r\n\r\n${body}`)
      .answer(OK)
      .ask(get('/turn'))
      .answer(OK);
    conversation
      .report('calls')
      .ask(get('/c') + get('/d'))
      .answer(OK + OK)
      .close();
    harness.batch(conversation.take());
    harness.pass(300);
    const numbers = Array.from({ length: 8 }, (_, index) => `/${index}`);
    expect(paths(harness)).toEqual(['/a', '/b', ...numbers, '/still', '/turn', '/turn', '/c', '/d']);
    expect(harness.lost()).toEqual({});
    expect(harness.count('turn_gap')).toBe(0);
    expect(harness.count('turns.late')).toBe(0);
  });

  it('goes on with a body that turns and calls share', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation();
    conversation.ask(`POST /a HTTP/1.1\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(1000)}`);
    conversation.answer('HTTP/1.1 100 Continue\r\n\r\n').report('calls');
    conversation
      .ask('x'.repeat(1500), `${'x'.repeat(500)}${get('/b')}`)
      .answer(OK, OK)
      .close();
    harness.batch(conversation.take());
    harness.pass(300);
    expect(harness.spans).toMatchObject([{ path: '/a', requestBodySize: 3000 }, { path: '/b' }]);
    expect(harness.lost()).toEqual({});
  });

  it('loses no step by an answer before the end of a body', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    for (let index = 0; index < 5; index++) {
      conversation.ask(`POST /${index} HTTP/1.1\r\nContent-Length: 300000\r\n\r\n`, 'x'.repeat(70_000)).answer(OK);
      conversation.ask('x'.repeat(230_000), get('/next')).answer(OK);
    }
    harness.batch(conversation.close().take());
    harness.pass(300);
    expect(paths(harness)).toEqual(['/0', '/next', '/1', '/next', '/2', '/next', '/3', '/next', '/4', '/next']);
    expect(harness.lost()).toEqual({});
  });

  it('counts requests, not calls, while it is out of step', () => {
    const harness = new InterpreterHarness();
    const conversation = new Conversation({ stream: true });
    conversation.ask(get('/a') + get('/b')).answer(OK + OK);
    conversation.ask(`POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${(100_000).toString(16)}\r\n`);
    const lost = conversation.take();
    conversation.ask('x'.repeat(100_000), '\r\n', '0\r\n\r\n');
    // Of the body a size is missing: the rest of it is many calls.
    const rest = conversation.take();
    harness.batch([...lost, ...rest.filter((_record, index) => index !== rest.length - 2)]);
    conversation.answer(OK);
    for (let index = 0; index < 3; index++) conversation.ask(get(`/${index}`)).answer(OK);
    conversation.wait(300).ask(get('/in-step')).answer(OK).close();
    harness.batch(conversation.take());
    harness.pass(300);
    expect(paths(harness)).toEqual(['/a', '/b', '/upload', '/in-step']);
    expect(harness.lost()).toEqual({ 'http1.stream_unsynced': 3 });
  });
});
