import { describe, expect, it } from 'vitest';
import { aGrpcSpan } from '../../core/src/testing/span.ts';
import { errorType, metricAttributes, spanAttributes, spanName, spanOutcome } from './attributes.ts';
import { grpcStatusName } from './grpc.ts';

/** By the gRPC semantic conventions: what a server is to blame for. */
const SERVER_FAILURES = [2, 4, 12, 13, 14, 15];

describe('gRPC spans', () => {
  it('are named by service and method, never by a path that is not known', () => {
    expect(spanName(aGrpcSpan())).toBe('shop.Cart/Add');
    expect(spanName(aGrpcSpan({ path: '/Add', service: '', method: 'Add' }))).toBe('Add');
    expect(spanName(aGrpcSpan({ path: '', service: '', method: '' }))).toBe('grpc');
  });

  it('of servers are errors for the six statuses that are their own failure', () => {
    for (let grpcStatus = 0; grpcStatus <= 17; grpcStatus += 1) {
      const span = aGrpcSpan({ grpcStatus });
      const expected = SERVER_FAILURES.includes(grpcStatus) ? grpcStatusName(grpcStatus) : undefined;
      expect([grpcStatus, errorType(span), spanOutcome(span)]).toEqual([
        grpcStatus,
        expected,
        expected === undefined ? 'unset' : 'error',
      ]);
    }
  });

  it('of clients are errors for every status but OK', () => {
    for (let grpcStatus = 0; grpcStatus <= 17; grpcStatus += 1) {
      const expected = grpcStatus === 0 ? undefined : grpcStatusName(grpcStatus);
      expect(errorType(aGrpcSpan({ kind: 'grpc.client', grpcStatus }))).toBe(expected);
    }
    expect(errorType(aGrpcSpan({ kind: 'grpc.client', grpcStatus: 5 }))).toBe('NOT_FOUND');
  });

  it.each([
    ['grpc.client', { errorType: 'connection_closed', httpStatusCode: undefined }, 'connection_closed'],
    ['grpc.client', { errorType: 'cancelled' }, 'cancelled'],
    ['grpc.server', { errorType: 'cancelled' }, undefined],
    ['grpc.client', { httpStatusCode: 503 }, '503'],
    ['grpc.server', { httpStatusCode: undefined }, '_OTHER'],
    ['grpc.server', { httpStatusCode: 200 }, undefined],
  ] as const)('of a %s without a status and with %j have error.type %s', (kind, fields, type) => {
    expect(errorType(aGrpcSpan({ kind, grpcStatus: undefined, ...fields }))).toBe(type);
  });

  const SERVER = {
    'network.protocol.version': '2',
    'network.peer.address': '10.0.0.2',
    'network.peer.port': 50_000,
    'client.address': '10.0.0.2',
    'server.address': 'shop.example',
    'server.port': 8080,
    'error.type': 'UNAVAILABLE',
    'rpc.method': 'shop.Cart/Add',
  };
  const OLD = { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 14 };
  const STABLE = { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'UNAVAILABLE' };

  it.each([
    [{ hasOldRpc: true, hasStableRpc: false }, OLD],
    [{ hasOldRpc: false, hasStableRpc: true }, STABLE],
    [
      { hasOldRpc: true, hasStableRpc: true },
      { ...OLD, ...STABLE },
    ],
  ])('have the attributes of the conventions %j', (conventions, expected) => {
    const attributes = spanAttributes(aGrpcSpan({ grpcStatus: 14 }), { hasOldHttp: true, ...conventions });
    expect(attributes).toEqual({ ...SERVER, ...expected });
  });

  it('have the number of a status that has no name, as a number and as text', () => {
    const span = aGrpcSpan({ kind: 'grpc.client', grpcStatus: 99 });
    const both = { hasOldHttp: true, hasOldRpc: true, hasStableRpc: true };
    expect(spanAttributes(span, both)).toMatchObject({
      'rpc.grpc.status_code': 99,
      'rpc.response.status_code': '99',
      'error.type': '99',
    });
    const names = Array.from({ length: 18 }, (_, status) => grpcStatusName(status));
    expect([names[0], names[1], names[16], names[17]]).toEqual(['OK', 'CANCELLED', 'UNAUTHENTICATED', '17']);
  });

  it('of clients go to the port of the connection where the authority has none', () => {
    const remote = { address: '192.0.2.9', port: 50_051 };
    const span = aGrpcSpan({ kind: 'grpc.client', host: 'shop', remote, scheme: 'https' });
    expect(spanAttributes(span)).toMatchObject({ 'server.address': 'shop', 'server.port': 50_051 });
    expect(spanAttributes({ ...span, host: 'shop:443' })).toMatchObject({ 'server.port': 443 });
    expect(spanAttributes({ ...span, host: undefined })).toMatchObject({ 'server.address': '192.0.2.9' });
    expect(spanAttributes(span)).not.toHaveProperty(['client.address']);
  });

  it('leave out what is not known', () => {
    const attributes = spanAttributes(aGrpcSpan({ path: '', service: '', method: '', grpcStatus: undefined }));
    expect(attributes).not.toHaveProperty(['rpc.method']);
    expect(attributes).not.toHaveProperty(['rpc.grpc.status_code']);
  });

  it('of servers never put what the client chose as authority into a metric', () => {
    const attributes = metricAttributes(aGrpcSpan({ host: 'random.example' }), 'observed');
    expect(attributes).toMatchObject({ 'server.address': 'observed', 'server.port': 8080 });
  });
});
