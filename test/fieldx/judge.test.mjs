// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { judge } from './judge.mjs';

const MS = 1e6;

const truth = (more = {}) => ({
  id: 'plain-1',
  port: 40_001,
  method: 'GET',
  path: '/make/plain-1',
  query: 'status=404',
  traceId: '',
  status: 404,
  sendNs: 100 * MS,
  sentNs: 100.1 * MS,
  firstByteNs: 130 * MS,
  endNs: 131 * MS,
  lagNs: 0,
  requestBody: [0],
  responseBody: [47],
  errors: [undefined],
  ...more,
});

const span = (more = {}) => ({
  kind: 'http.server',
  method: 'GET',
  path: '/make/plain-1',
  query: 'status=404',
  statusCode: 404,
  requestBodySize: 0,
  responseBodySize: 47,
  errorType: undefined,
  startNs: 100.05 * MS,
  firstByteNs: 129.9 * MS,
  endNs: 130.9 * MS,
  local: { address: '127.0.0.1', port: 8080 },
  remote: { address: '127.0.0.1', port: 40_001 },
  ...more,
});

const faults = (truths, spans, drops = 0) =>
  judge({ side: 'server', truths, spans, drops }).map(({ fault, what }) => `${fault} ${what}`);

describe('the judge of the field', () => {
  it('finds nothing where the span is what the client saw', () => {
    expect(faults([truth()], [span()])).toEqual([]);
  });

  it.each([
    ['a neighbour’s status', { statusCode: 200 }, /^wrong .*status 200, not 404/],
    ['a neighbour’s size', { responseBodySize: 48 }, /^wrong .*responseBodySize 48, not 47/],
    ['a neighbour’s end', { endNs: 180 * MS }, /^wrong .*end 4\d\.\d ms off/],
    ['an end at the head of the answer', { endNs: 101 * MS }, /^wrong .*end -2\d\.\d ms off/],
    ['a start before the request', { startNs: 98 * MS }, /^wrong .*start -1\.0 ms off/],
    ['an error where there was none', { errorType: 'connection_closed' }, /^wrong .*errorType/],
    ['another port', { remote: { address: '127.0.0.1', port: 40_002 } }, /^lost /],
    ['no size', { requestBodySize: undefined }, /^unset .*requestBodySize/],
  ])('finds %s', (_, more, message) => {
    expect(faults([truth()], [span(more)])[0]).toMatch(message);
  });

  it('tells what was counted from what was not, and what was counted too often', () => {
    expect(faults([truth()], [])).toEqual(['lost no span of GET /make/plain-1 404']);
    expect(faults([truth()], [], 1)).toEqual(['counted no span of GET /make/plain-1 404']);
    expect(faults([truth()], [span()], 3)).toEqual(['inflated 3 counted, 0 missing']);
  });

  it('finds spans that nobody asked for', () => {
    expect(faults([], [span()])[0]).toMatch(/^wrong a span that nobody asked for/);
    expect(faults([truth()], [span(), span()])[0]).toMatch(/^wrong a span that nobody asked for/);
  });

  it('gives no more time than the log may be late', () => {
    expect(faults([truth({ lagNs: 40 * MS })], [span({ endNs: 180 * MS })])).toEqual([]);
  });
});
