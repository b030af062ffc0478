import { describe, expect, it } from 'vitest';
import { RECORD_FLAG } from './events/layout.gen.ts';
import { InterpreterHarness } from './testing/interpreter-harness.ts';
import { chunk, close, turn } from './testing/records.ts';

const GET = 'GET /users/7?full=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: probe/1\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

describe('Interpreter', () => {
  it('makes a server span of a request received and its response', () => {
    const harness = new InterpreterHarness();
    const spans = harness.batch([
      turn({ seq: 1, direction: 'in', bytes: GET, arrivedNs: 1_000, firstNs: 2_000, lastNs: 2_000 }),
      turn({ seq: 2, direction: 'out', bytes: OK, firstNs: 5_000, lastNs: 6_000, flags: RECORD_FLAG.HEAD }),
    ]);
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      kind: 'http.server',
      method: 'GET',
      path: '/users/7',
      query: 'full=1',
      host: 'shop.example',
      userAgent: 'probe/1',
      statusCode: 200,
      startNs: 1_000,
      startSource: 'segment',
      readNs: 2_000,
      firstByteNs: 5_000,
      endNs: 6_000,
      requestBodySize: 0,
      responseBodySize: 5,
      local: { address: '127.0.0.1', port: 8080 },
    });
    expect(spans[0]?.traceId).toMatch(/^[\da-f]{32}$/);
  });

  it.each([
    ['http://user:hunter2@shop.example/cart', 'wrong', '/cart', 'shop.example'],
    ['svn+ssh://user:hunter2@shop/cart', 'user:hunter2@shop', 'svn+ssh://REDACTED:REDACTED@shop/cart', 'shop'],
  ])('keeps no user name and no password of the target %s', (target, host, path, shownHost) => {
    const harness = new InterpreterHarness();
    const spans = harness.batch([
      turn({ seq: 1, direction: 'in', bytes: `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n` }),
      turn({ seq: 2, direction: 'out', bytes: OK }),
    ]);
    expect(spans).toMatchObject([{ path, host: shownHost }]);
  });

  it('makes a client span of a request sent', () => {
    const harness = new InterpreterHarness();
    const spans = harness.batch([
      turn({ seq: 1, direction: 'out', bytes: GET, firstNs: 2_000, lastNs: 2_000 }),
      turn({ seq: 2, direction: 'in', bytes: OK, arrivedNs: 4_000, firstNs: 5_000, lastNs: 6_000 }),
    ]);
    expect(spans[0]).toMatchObject({
      kind: 'http.client',
      startNs: 2_000,
      readNs: 2_000,
      firstByteNs: 4_000,
      endNs: 6_000,
    });
  });

  it('waits for a turn that comes after its successor', () => {
    const harness = new InterpreterHarness();
    const spans = harness.batch([turn({ seq: 2, direction: 'out', bytes: OK }), turn({ seq: 1, bytes: GET })]);
    expect(spans).toHaveLength(1);
    expect(harness.lost()).toEqual({});
  });

  it('counts the requests of lost turns once each', () => {
    const harness = new InterpreterHarness();
    harness.batch([
      turn({ seq: 1, bytes: GET }),
      turn({ seq: 6, direction: 'out', bytes: OK }),
      turn({ seq: 7, bytes: GET }),
      turn({ seq: 8, direction: 'out', bytes: OK }),
      close({ lastSeq: 12 }),
    ]);
    harness.pass(300);
    expect(harness.spans).toHaveLength(1);
    // 1: response lost; 3 and 5: requests lost; 9 and 11 likewise.
    expect(harness.lost()).toEqual({ 'http1.response_lost': 1, 'http1.request_lost': 4 });
  });

  it('takes no longer for a close that claims that billions of ends were lost', { timeout: 1000 }, () => {
    const harness = new InterpreterHarness();
    harness.batch([
      turn({ seq: 1, direction: 'in', bytes: GET }),
      turn({ seq: 2, direction: 'out', bytes: OK, flags: RECORD_FLAG.HEAD }),
      close({ lastSeq: 2, endsLost: 2 ** 32 - 1 }),
    ]);
    expect(harness.spans).toHaveLength(1);
    expect(harness.count('http1.end_lost')).toBe(2 ** 32 - 1);
  });

  it('pairs a pipelining client exactly in stream mode', () => {
    const harness = new InterpreterHarness();
    const two = `${GET}${GET.replace('/users/7', '/users/8')}`;
    const answers = `${OK}${OK.replace('200', '404')}`;
    harness.batch([
      chunk({ seq: 1, bytes: two.slice(0, 30) }),
      chunk({ seq: 2, bytes: two.slice(30), offsetBytes: 30 }),
      chunk({ seq: 1, direction: 'out', bytes: answers.slice(0, 50) }),
      chunk({ seq: 2, direction: 'out', bytes: answers.slice(50), offsetBytes: 50 }),
    ]);
    expect(harness.httpSpans.map((span) => [span.path, span.statusCode])).toEqual([
      ['/users/7', 200],
      ['/users/8', 404],
    ]);
  });
});
