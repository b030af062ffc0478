import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../connections/connection.ts';
import { TurnEvent } from '../../events/event.ts';
import { bytesOf } from '../../testing/records.ts';
import { HttpExchange } from '../http-exchange.ts';
import { NEED_MORE, RequestHead, ResponseHead } from './head.ts';
import { parseRequestHead } from './parse-request.ts';
import { parseResponseHead } from './parse-response.ts';
import { readRequestFacts } from './request-facts.ts';

const connection = new Connection(new TurnEvent());

/** All that is read of a request, by a reader that may have read others before. */
function requestFacts(text: string, cutAt: number, head: RequestHead): unknown[] {
  const bytes = bytesOf(`${text}GET / HTTP/1.1\r\n`);
  const end = cutAt < text.length ? cutAt : bytes.length;
  const outcome = parseRequestHead(bytes, 0, end, head);
  if (outcome < 0 && (outcome !== NEED_MORE || head.methodEnd === 0)) return [outcome];
  const exchange = new HttpExchange(connection, 'server');
  readRequestFacts(head, exchange);
  const { contentLength, transferCoding, isToHttp2, isLineWhole } = head;
  const { method, path, query, host, userAgent, traceparent, traceState, protocolVersion } = exchange;
  const texts = [method, path, query, host, userAgent, traceparent, traceState, protocolVersion];
  return [outcome, contentLength, transferCoding, isToHttp2, isLineWhole, ...texts];
}

const line = fc.constantFrom(
  'Host: a',
  'Host: b',
  'host : c',
  'HOST:d\r\n e',
  'User-Agent: one',
  'user-agent: two',
  'traceparent: 00-1',
  'tracestate: a=b',
  'Content-Length: 3',
  'Content-Length: 3, 3',
  'content-length: 4',
  'Transfer-Encoding: gzip, chunked',
  'Upgrade: h2c',
  'Accept: */*',
  ' folded',
);
const request = fc
  .tuple(
    fc.constantFrom('/a', '/b?c', 'http://proxy/d'),
    fc.array(line, { maxLength: 4 }),
    fc.constantFrom('\r\n', '\n'),
  )
  .map(([target, lines, eol]) => `GET ${target} HTTP/1.1${eol}${lines.map((one) => one + eol).join('')}${eol}`);
const requests = fc.array(request, { minLength: 1, maxLength: 3 }).chain((list) =>
  // Of few different heads, many; some of them cut.
  fc.array(fc.tuple(fc.constantFrom(...list), fc.oneof({ weight: 4, arbitrary: fc.constant(1e3) }, fc.nat(90))), {
    minLength: 2,
    maxLength: 12,
  }),
);

describe('LastFields', () => {
  it('a head that repeats fields says what it would say alone, whatever was between', () => {
    let repeated = 0;
    fc.assert(
      fc.property(requests, (list) => {
        const head = new RequestHead();
        for (const [text, cutAt] of list) {
          const facts = requestFacts(text, cutAt, head);
          if (head.isRepeated) repeated += 1;
          expect(facts).toEqual(requestFacts(text, cutAt, new RequestHead()));
        }
      }),
      { numRuns: 3000 },
    );
    expect(repeated).toBeGreaterThan(1000);
  });

  it('notices any change of any byte', () => {
    const text = 'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 12\r\nDate: Sun\r\n\r\n';
    const head = new ResponseHead();
    const bytes = bytesOf(text);
    for (let i = 0; i < 2; i++) {
      parseResponseHead(bytes, 0, bytes.length, head);
      if (!head.isRepeated) head.last.keep(head);
    }
    expect(head.isRepeated).toBe(true);
    for (let at = text.indexOf('Server'); at < text.length; at++) {
      const changed = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte));
      parseResponseHead(changed, 0, changed.length, head);
      expect(head.isRepeated).toBe(false);
    }
  });

  it('costs heads that never repeat little: of hundreds it keeps few', () => {
    const head = new ResponseHead();
    let kept = 0;
    for (let i = 0; i < 640; i++) {
      const bytes = bytesOf(`HTTP/1.1 200 OK\r\nETag: ${i}\r\n\r\n`);
      parseResponseHead(bytes, 0, bytes.length, head);
      if (head.last.keep(head)) kept += 1;
    }
    expect(kept).toBeLessThan(20);
    expect(kept).toBeGreaterThan(10);
  });
});
