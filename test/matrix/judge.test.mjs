import { expect, it } from 'vitest';
import { columnOf } from './columns.mjs';
import { judge } from './judge.mjs';

const PORT = 40_000;

function truthOf(n, more = {}) {
  return { column: 'http1', port: PORT, method: 'GET', path: `/ok/${n}`, status: 200, kept: false, ...more };
}

function spanOf(n, more = {}) {
  return {
    kind: 'http.server',
    local: { address: '127.0.0.1', port: 80 },
    remote: { address: '127.0.0.1', port: PORT },
    protocolVersion: '1.1',
    scheme: 'http',
    startNs: 1,
    endNs: 2,
    method: 'GET',
    path: `/ok/${n}`,
    statusCode: 200,
    ...more,
  };
}

function judged(truth, spans, { column = 'http1', ...more } = {}) {
  return judge({ column: columnOf(column), side: 'server', truth, spans, count: truth.length, ...more });
}

const call = { column: 'grpc', method: 'POST', path: '/matrix.Echo/Fail', status: 5 };
const callSpan = { kind: 'grpc.server', protocolVersion: '2', service: 'matrix.Echo', method: 'Fail', grpcStatus: 5 };

it('judge() has nothing to say where spans are what the other end saw', () => {
  expect(judged([truthOf(0), truthOf(5)], [spanOf(5), spanOf(0)])).toEqual([]);
  expect(judged([truthOf(0, call)], [spanOf(0, callSpan)], { column: 'grpc' })).toEqual([]);
});

it.each([
  ['a span is missing', [truthOf(0), truthOf(5)], [spanOf(0)], '1 without a span'],
  ['a span comes twice', [truthOf(0)], [spanOf(0), spanOf(0)], '1 spans too many'],
  ['a status is wrong', [truthOf(0)], [spanOf(0, { statusCode: 404 })], '1 spans too many'],
  ['a path is not known', [truthOf(0)], [spanOf(0, { path: '' })], '1 spans too many'],
  ['a port is wrong', [truthOf(0)], [spanOf(0, { remote: { address: '127.0.0.1', port: 1 } })], '1 without'],
  ['an address is wrong', [truthOf(0)], [spanOf(0, { remote: { address: '10.0.0.1', port: PORT } })], 'wrong facts'],
  ['a scheme is wrong', [truthOf(0)], [spanOf(0, { scheme: 'https' })], 'scheme https'],
  ['a version is wrong', [truthOf(0)], [spanOf(0, { protocolVersion: '2' })], 'version 2'],
  ['a kind is wrong', [truthOf(0)], [spanOf(0, { kind: 'http.client' })], 'of the wrong kind'],
  ['the program itself answered wrongly', [truthOf(0, { status: 502 })], [spanOf(0, { statusCode: 502 })], 'wrongly'],
])('judge() objects when %s', (_, truth, spans, said) => {
  expect(judged(truth, spans).join('\n')).toContain(said);
});

it('judge() objects when a call has another status, save that of one its client gave up', () => {
  const wrong = judged([truthOf(0, call)], [spanOf(0, { ...callSpan, grpcStatus: 0 })], { column: 'grpc' });
  expect(wrong.join('\n')).toContain('1 without a span');
  const late = { ...call, path: '/matrix.Echo/Late', status: 4 };
  const open = spanOf(0, { ...callSpan, method: 'Late', grpcStatus: undefined });
  const grpc = { column: 'grpc', count: 1 };
  expect(judged([truthOf(0, call), truthOf(0, late)], [spanOf(0, callSpan), open], grpc)).toEqual([]);
  const ended = spanOf(0, { ...callSpan, method: 'Late', grpcStatus: 0 });
  const said = judged([truthOf(0, call), truthOf(0, late)], [spanOf(0, callSpan), ended], grpc).join('\n');
  expect(said).toContain('1 without a span');
});

it('judge() lets a client have sent a call that was to be late and that its server did not answer for, and no other', () => {
  // Of nine calls one is to be late.
  const truth = Array.from({ length: 8 }, (_, n) => truthOf(n, call));
  const local = { address: '127.0.0.1', port: PORT };
  const remote = { address: '127.0.0.1', port: 80 };
  const sent = { ...callSpan, kind: 'grpc.client', local, remote };
  const spans = truth.map((_, n) => spanOf(n, sent));
  const late = spanOf(8, { ...sent, method: 'Late', grpcStatus: undefined });
  const grpc = { column: 'grpc', side: 'client', count: 9 };
  expect(judged(truth, [...spans, late], grpc)).toEqual([]);
  expect(judged(truth, [...spans, late, late], grpc).join('\n')).toContain('1 spans too many');
  expect(judged(truth, [...spans, spanOf(8, sent)], grpc).join('\n')).toContain('1 spans too many');
});

it('judge() excuses what cannot be known of an older connection, if it is counted', () => {
  const h2c = { column: 'h2c', kept: true };
  const truth = [truthOf(0, h2c), truthOf(5, h2c)];
  const open = spanOf(0, { protocolVersion: '2', path: '' });
  expect(judged(truth, [open], { column: 'h2c', counted: { left: 1 } })).toEqual([]);
  expect(judged(truth, [open], { column: 'h2c' }).join('\n')).toContain('0 counted');
  const wrong = spanOf(7, { protocolVersion: '2' });
  expect(judged(truth, [wrong], { column: 'h2c', counted: { left: 1 } }).join('\n')).toContain('too many');
});

it('judge() excuses only the first request of an older TLS connection', () => {
  const https1 = { column: 'https1', kept: true };
  const truth = [truthOf(0, https1), truthOf(5, https1)];
  const [first, second] = [spanOf(0, { scheme: 'https' }), spanOf(5, { scheme: 'https' })];
  expect(judged(truth, [second], { column: 'https1', counted: { left: 1 } })).toEqual([]);
  expect(judged(truth, [first], { column: 'https1', counted: { left: 1 } }).join('\n')).toContain('1 without a span');
});
