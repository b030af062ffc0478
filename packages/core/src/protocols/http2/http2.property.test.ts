import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RequestSpan } from '../../spans/span.ts';
import { recordTraffic, type Traffic, type TrafficRequest } from '../../testing/http2-traffic.ts';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';
import { recut, type TrafficRecordsOptions, trafficRecords } from '../../testing/traffic-records.ts';

const traffics: Traffic[] = [];

beforeAll(async () => {
  traffics.push(
    await recordTraffic({ requests: 60, concurrency: 1 }),
    await recordTraffic({ requests: 120, concurrency: 40, seed: 1 }),
    await recordTraffic({ requests: 120, concurrency: 90, seed: 2, headerTableSize: 0 }),
    await recordTraffic({ requests: 120, concurrency: 7, seed: 3, headerTableSize: 65_536 }),
  );
});

interface Facts {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | undefined;
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly error: string | undefined;
}

function factsOf(span: RequestSpan): Facts {
  const isGrpc = span.kind === 'grpc.server' || span.kind === 'grpc.client';
  return {
    kind: isGrpc ? 'grpc' : 'http',
    method: isGrpc ? 'POST' : span.method,
    path: span.path,
    status: isGrpc ? span.httpStatusCode : span.statusCode,
    requestBytes: span.requestBodySize,
    responseBytes: span.responseBodySize,
    grpcStatus: isGrpc ? span.grpcStatus : undefined,
    error: span.errorType,
  };
}

/** What the ends of the connection say that a span must say. */
function truthOf({ method, path, status, requestBytes, responseBytes, grpcStatus, outcome }: TrafficRequest): Facts {
  const isGrpc = path.startsWith('/shop.');
  const errors = { answered: undefined, cancelled: 'cancelled', reset: 'stream_reset' };
  return {
    kind: isGrpc ? 'grpc' : 'http',
    method,
    path,
    status: outcome === 'answered' ? status : undefined,
    requestBytes,
    responseBytes: outcome === 'answered' ? responseBytes : undefined,
    grpcStatus,
    error: errors[outcome],
  };
}

const byPath = (a: Facts, b: Facts): number => (a.path < b.path ? -1 : 1);

/** Whether a span says nothing of a request that is not so; what it leaves unset is no lie. */
function isTrue(facts: Facts, truth: Facts): boolean {
  return (
    facts.kind === truth.kind &&
    facts.method === truth.method &&
    (facts.path === truth.path || facts.path === '') &&
    (facts.status === truth.status || facts.status === undefined) &&
    (facts.requestBytes === truth.requestBytes ||
      facts.requestBytes === undefined ||
      truth.requestBytes === undefined) &&
    (facts.responseBytes === truth.responseBytes || facts.responseBytes === undefined) &&
    (facts.grpcStatus === truth.grpcStatus || facts.grpcStatus === undefined) &&
    facts.error === truth.error
  );
}

function expectTrue({ spans }: InterpreterHarness, requests: readonly TrafficRequest[]): void {
  const truths = requests.map(truthOf);
  for (const facts of spans.map(factsOf)) {
    expect(
      truths.filter((truth) => isTrue(facts, truth)),
      JSON.stringify(facts),
    ).not.toEqual([]);
  }
}

function run(records: readonly Uint8Array[]): InterpreterHarness {
  const harness = new InterpreterHarness({ probe: () => undefined });
  harness.batch(records);
  harness.pass(300);
  return harness;
}

function lostIn(harness: InterpreterHarness): number {
  return Object.values(harness.lost()).reduce((sum, count) => sum + count, 0);
}

const traffic = fc.integer({ min: 0, max: 3 });
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 7 });
/** Places of records that are lost. */
const few = fc.array(fc.nat(9999), { maxLength: 5 });
const nearlyAll = fc.array(fc.nat(9999), { minLength: 100, maxLength: 2000, size: 'max' });

/** All records but those at these places; the first and the last one, which is the close, stay. */
function without(holes: readonly number[], records: readonly Uint8Array[]): Uint8Array[] {
  const missing = new Set(holes.map((hole) => 1 + (hole % (records.length - 2))));
  return records.filter((_record, index) => !missing.has(index));
}

const options: fc.Arbitrary<TrafficRecordsOptions> = fc.record({
  role: fc.constantFrom('server' as const, 'client' as const),
  skipData: fc.boolean(),
});

describe('HTTP/2', () => {
  it('gives the spans that Node as client and server would, however the bytes are cut and interleaved', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(traffic, places, options, (which, cuts, how) => {
        const { parts, requests } = traffics[which] as Traffic;
        const harness = run(trafficRecords(recut(parts, cuts), how));
        expect(harness.lost()).toEqual({});
        const truths = requests.map(truthOf).sort(byPath);
        const facts = harness.spans.map(factsOf).sort(byPath);
        // Where the server did not wait, whether the request was whole by then is a matter of chance. Padding that is left out hides sizes.
        const isUnsized = how.skipData === true && which % 2 === 1;
        expect(
          facts.map((one, index) => ({
            ...one,
            requestBytes: truths[index]?.requestBytes === undefined ? undefined : one.requestBytes,
            responseBytes: isUnsized ? (one.responseBytes ?? truths[index]?.responseBytes) : one.responseBytes,
          })),
        ).toEqual(truths);
        expect(harness.count('http2.malformed') + harness.count('http2.gap')).toBe(0);
        for (const span of harness.spans) {
          expect(span.startNs).toBeLessThanOrEqual(span.readNs);
          expect(span.readNs).toBeLessThanOrEqual(span.endNs);
          expect(span.kind.endsWith(how.role ?? '')).toBe(true);
        }
      }),
      // The example cuts right behind the header of DATA that ends its stream.
      { numRuns: 40, examples: [[0, [0.010554089709762533], { role: 'server', skipData: true }]] },
    );
  });

  it('says nothing that is not so where it begins in the middle, at whatever byte', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(traffic, fc.double({ min: 0, max: 0.9, noNaN: true }), places, options, (which, from, cuts, how) => {
        const { parts, requests } = traffics[which] as Traffic;
        const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
        const harness = run(trafficRecords(recut(parts, cuts), { ...how, skipBytes: 1 + Math.floor(from * size) }));
        expectTrue(harness, requests);
        const paths = harness.spans.map(({ path }) => path).filter((path) => path !== '');
        expect(new Set(paths).size).toBe(paths.length);
        expect(harness.spans.length + lostIn(harness)).toBeLessThanOrEqual(requests.length);
      }),
      { numRuns: 80 },
    );
  });

  it('says nothing that is not so whatever few records are lost', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(traffic, places, options, few, (which, cuts, how, holes) => {
        const { parts, requests } = traffics[which] as Traffic;
        expectTrue(run(without(holes, trafficRecords(recut(parts, cuts), how))), requests);
      }),
      { numRuns: 80 },
    );
  });

  it('counts each request that has no span, and counts it once, whatever records between the first and the close are lost', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(traffic, places, options, fc.oneof(few, nearlyAll), (which, cuts, how, holes) => {
        const { parts, requests } = traffics[which] as Traffic;
        const harness = run(without(holes, trafficRecords(recut(parts, cuts), how)));
        expect(harness.spans.length + lostIn(harness), JSON.stringify(harness.lost())).toBe(requests.length);
      }),
      { numRuns: 80 },
    );
  });

  it('forgets no request where the beginning is lost as well', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(traffic, places, options, fc.oneof(few, nearlyAll), (which, cuts, how, holes) => {
        const { parts, requests } = traffics[which] as Traffic;
        const [, ...rest] = trafficRecords(recut(parts, cuts), how);
        const harness = run(without(holes, rest));
        expect(harness.spans.length + lostIn(harness), JSON.stringify(harness.lost())).toBeGreaterThanOrEqual(
          requests.length,
        );
      }),
      { numRuns: 80 },
    );
  });
});
