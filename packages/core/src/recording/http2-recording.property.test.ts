import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordTraffic, type Traffic } from '../testing/http2-traffic.ts';
import { expectSameReplay, grouped } from '../testing/replays.ts';
import { recut, type TrafficRecordsOptions, trafficRecords } from '../testing/traffic-records.ts';

const traffics: Traffic[] = [];

beforeAll(async () => {
  traffics.push(
    await recordTraffic({ requests: 40, concurrency: 1 }),
    await recordTraffic({ requests: 80, concurrency: 40, seed: 1 }),
    await recordTraffic({ requests: 80, concurrency: 60, seed: 2, headerTableSize: 0 }),
    await recordTraffic({ requests: 80, concurrency: 7, seed: 3, headerTableSize: 65_536 }),
  );
});

const traffic = fc.integer({ min: 0, max: 3 });
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 7 });
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
const options: fc.Arbitrary<TrafficRecordsOptions> = fc.record({
  role: fc.constantFrom('server' as const, 'client' as const),
  skipData: fc.boolean(),
});

/** What the bodies, and the values of headers that become no part of spans, are made of. */
const SECRETS = ['xxxxx', 'yyyyy', 'pushed content', 'style.css', '/items/', 'traffic/1'];

describe('a recording of HTTP/2', () => {
  it('replays to the spans of the live run, however the bytes are cut and whatever batch they come in', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(traffic, places, sizes, options, async (which, cuts, groups, how) => {
        const { parts, requests } = traffics[which] as Traffic;
        const records = trafficRecords(recut(parts, cuts), how);
        expect(await expectSameReplay(grouped(records, groups), SECRETS)).toBe(requests.length);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves unset what the live run left unset where it began in the middle', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        traffic,
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        places,
        sizes,
        options,
        async (which, from, cuts, groups, how) => {
          const { parts } = traffics[which] as Traffic;
          const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
          const skipBytes = 1 + Math.floor(from * size);
          await expectSameReplay(grouped(trafficRecords(recut(parts, cuts), { ...how, skipBytes }), groups), SECRETS);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('replays to the spans of the live run whatever records were lost', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        traffic,
        places,
        sizes,
        options,
        fc.array(fc.nat(9999), { maxLength: 5 }),
        async (which, cuts, groups, how, holes) => {
          const { parts } = traffics[which] as Traffic;
          const records = trafficRecords(recut(parts, cuts), how);
          const missing = new Set(holes.map((hole) => 1 + (hole % (records.length - 1))));
          const left = records.filter((_record, index) => !missing.has(index));
          await expectSameReplay(grouped(left, groups), SECRETS);
        },
      ),
      // The example loses the beginning of a header block that goes on with CONTINUATION.
      { numRuns: 60, examples: [[2, [0.002288818359375], [], { role: 'server', skipData: false }, [0]]] },
    );
  });
});
