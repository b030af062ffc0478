import { describe, expect, it } from 'vitest';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';
import { close, turn } from '../../testing/records.ts';

describe('ResponseSide', () => {
  it.each([
    ['is whole where the server closes', false, undefined],
    ['is broken off where the other side resets', true, 'response_truncated'],
  ])('a response that ends with its connection %s', (_, wasReset, errorType) => {
    const harness = new InterpreterHarness();
    harness.batch([
      turn({ seq: 1, bytes: 'GET /a HTTP/1.0\r\n\r\n' }),
      turn({ seq: 2, direction: 'out', bytes: 'HTTP/1.0 200 OK\r\n\r\nhello' }),
      close({ lastSeq: 2, wasReset }),
    ]);
    expect(harness.spans).toMatchObject([{ path: '/a', statusCode: 200, responseBodySize: 5, errorType }]);
  });
});
