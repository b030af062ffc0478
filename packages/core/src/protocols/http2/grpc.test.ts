import { describe, expect, it } from 'vitest';
import { isGrpc, parseGrpcStatus, parseGrpcTimeout, statusOfHttp, statusOfReset } from './grpc.ts';
import { GRPC_STATUS_UNKNOWN } from './grpc-exchange.ts';

describe('gRPC over HTTP/2', () => {
  it('is told by its content type, and gRPC-Web is not it', () => {
    const types = [
      'application/grpc',
      'application/grpc+proto',
      'application/grpc; charset=utf-8',
      'application/grpc-web',
    ];
    expect(types.map(isGrpc)).toEqual([true, true, true, false]);
    expect(isGrpc('application/json')).toBe(false);
  });

  it('has a timeout of at most 8 digits and a unit', () => {
    expect(['1H', '2M', '3S', '4m', '5u', '6n'].map(parseGrpcTimeout)).toEqual([3600e9, 120e9, 3e9, 4e6, 5e3, 6]);
    expect(['', 'S', '1', '-1S', '1.5S', '123456789S', '1x'].map(parseGrpcTimeout)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('has 17 status codes with names, and programs have others', () => {
    expect(['0', '5', '16', '17', '99', '10001'].map(parseGrpcStatus)).toEqual([0, 5, 16, 17, 99, 10_001]);
    expect(['2147483648', '', '-1', '1e0', 'OK'].map(parseGrpcStatus)).toEqual(new Array(5).fill(GRPC_STATUS_UNKNOWN));
  });

  it('gives a status to a reset, and to a response that has none', () => {
    // NO_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, STREAM_CLOSED, one that is none.
    expect([0, 7, 8, 11, 12, 5, 99].map(statusOfReset)).toEqual([
      13,
      14,
      1,
      8,
      7,
      GRPC_STATUS_UNKNOWN,
      GRPC_STATUS_UNKNOWN,
    ]);
    expect([400, 401, 403, 404, 429, 503, 500].map(statusOfHttp)).toEqual([13, 16, 7, 12, 14, 14, 2]);
  });
});
