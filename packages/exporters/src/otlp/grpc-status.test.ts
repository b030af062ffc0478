import { describe, expect, it } from 'vitest';
import { grpcFailure, httpFailure, retryInfoMs } from './grpc-status.ts';

/** google.rpc.Status { code: 8, details: [ Any of RetryInfo { retry_delay: 2.5 s } ] }, written out by the tables of fields. */
function statusDetails(): string {
  const field = (number: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
  // seconds = 2; nanos = 500,000,000.
  const duration = Buffer.from([0x08, 2, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
  const any = Buffer.concat([
    field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
    field(2, field(1, duration)),
  ]);
  return Buffer.concat([Buffer.from([0x08, 8]), field(2, Buffer.from('slow down')), field(3, any)]).toString('base64');
}

describe('grpcFailure', () => {
  it('RESOURCE_EXHAUSTED may be tried again only where the receiver says when', () => {
    expect(grpcFailure(8, {}).kind).toBe('refused');
    expect(grpcFailure(8, { 'grpc-status-details-bin': statusDetails() })).toMatchObject({
      kind: 'retryable',
      delayMs: 2_500,
    });
  });

  it('knows the statuses that may be tried again', () => {
    const retryable = Array.from({ length: 17 }, (_, status) => status).filter(
      (status) => grpcFailure(status, {}).kind === 'retryable',
    );
    expect(retryable).toEqual([1, 4, 10, 11, 14, 15]);
  });

  it('says the status by name, with the message decoded', () => {
    expect(grpcFailure(16, { 'grpc-message': 'no%20token%' })).toMatchObject({
      error: { message: 'UNAUTHENTICATED: no%20token%' },
    });
    expect(grpcFailure(16, { 'grpc-message': 'no%20token' })).toMatchObject({
      error: { message: 'UNAUTHENTICATED: no token' },
    });
  });

  it('an answer of a proxy is tried again where that may help', () => {
    expect([200, 401, 404, 429, 502, 503, 504].map((status) => httpFailure(status).kind)).toEqual([
      'refused',
      'refused',
      'refused',
      'retryable',
      'retryable',
      'retryable',
      'retryable',
    ]);
  });

  it('finds no delay in bytes that are none, and ends, however they are cut', () => {
    const bytes = Buffer.from(statusDetails(), 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => retryInfoMs(bytes.subarray(0, length).toString('base64'))).not.toThrow();
    }
    expect(retryInfoMs('////')).toBeUndefined();
    expect(retryInfoMs(undefined)).toBeUndefined();
  });
});
