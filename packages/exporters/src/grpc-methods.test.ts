import { describe, expect, it } from 'vitest';
import { aGrpcSpan } from '../../core/src/testing/span.ts';
import { GrpcMethods } from './grpc-methods.ts';
import { RedMetrics } from './red-metrics.ts';

const UNIMPLEMENTED = 12;

function methodsOf(metrics: RedMetrics): unknown[] {
  return metrics
    .services()
    .flatMap((service) => service.snapshot().flatMap(({ points }) => points.map(({ attributes }) => attributes)))
    .map((attributes) => `${attributes['rpc.method']} ${attributes['rpc.grpc.status_code']}`);
}

describe('GrpcMethods', () => {
  it('recognises a method from its first answer on that is not UNIMPLEMENTED', () => {
    const methods = new GrpcMethods();
    expect(methods.recognises(aGrpcSpan({ grpcStatus: UNIMPLEMENTED }))).toBe(false);
    expect(methods.recognises(aGrpcSpan({ grpcStatus: 5 }))).toBe(true);
    expect(methods.recognises(aGrpcSpan({ grpcStatus: UNIMPLEMENTED }))).toBe(true);
  });

  it('takes the headers of an answer for one, but not that there is no such page', () => {
    const methods = new GrpcMethods();
    expect(methods.recognises(aGrpcSpan({ path: '/a.B/Watch', grpcStatus: undefined }))).toBe(true);
    expect(methods.recognises(aGrpcSpan({ path: '/a.B/No', grpcStatus: undefined, httpStatusCode: 404 }))).toBe(false);
  });

  it('names a few methods that never answer, so that one that hangs shows', () => {
    const methods = new GrpcMethods();
    const hanging = (n: number): boolean =>
      methods.recognises(aGrpcSpan({ path: `/a.B/M${n}`, grpcStatus: undefined, httpStatusCode: undefined }));
    const named = Array.from({ length: 1_000 }, (_, n) => hanging(n)).filter(Boolean);
    expect(named).toHaveLength(100);
    expect(hanging(0)).toBe(true);
  });

  it('does not judge calls of clients, nor those whose path is not known', () => {
    const methods = new GrpcMethods();
    expect(methods.recognises(aGrpcSpan({ kind: 'grpc.client', grpcStatus: UNIMPLEMENTED }))).toBe(true);
    expect(methods.recognises(aGrpcSpan({ path: '', service: '', method: '', grpcStatus: UNIMPLEMENTED }))).toBe(true);
  });

  it('bounds the methods that a server may have', () => {
    const methods = new GrpcMethods();
    const named = Array.from({ length: 3_000 }, (_, n) => methods.recognises(aGrpcSpan({ path: `/a.B/M${n}` })));
    expect(named.filter(Boolean)).toHaveLength(1_000);
  });
});

describe('RedMetrics', () => {
  it('has one series for all methods that a client invents, however many', () => {
    const metrics = new RedMetrics();
    for (let n = 0; n < 10_000; n += 1) {
      metrics.record([
        aGrpcSpan({ path: `/no.Such/M${n}`, service: 'no.Such', method: `M${n}`, grpcStatus: UNIMPLEMENTED }),
      ]);
    }
    metrics.record([aGrpcSpan(), aGrpcSpan({ grpcStatus: UNIMPLEMENTED })]);
    expect(methodsOf(metrics)).toEqual(['_OTHER 12', 'shop.Cart/Add 0', 'shop.Cart/Add 12']);
    expect(metrics.stats()).toMatchObject({ recorded: 10_002, overflowed: 0, series: 3 });
  });

  it('leaves the attribute out where it is not selected', () => {
    const metrics = new RedMetrics({ select: { '*': { exclude: ['rpc.method'] } } });
    metrics.record([aGrpcSpan({ grpcStatus: UNIMPLEMENTED })]);
    expect(methodsOf(metrics)).toEqual(['undefined 12']);
  });
});
