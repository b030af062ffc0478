import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VERDICT } from '../events/layout.gen.ts';
import { fakeMaps } from '../testing/fake-maps.ts';
import { VerdictTable } from './verdict-table.ts';

it('VerdictTable.set() writes what bpf/lib/connection.h looks for, for every id up to 2^53', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.constantFrom('turns' as const, 'stream' as const, 'ignore' as const),
      (id, verdict) => {
        const { native, create } = fakeMaps();
        const map = create();
        new VerdictTable(native, map.handle).set(id, verdict);
        const [[key, value] = ['', '']] = map.entries;
        const wide = BigInt(id);
        expect(BigInt(Buffer.from(key, 'hex').readUInt32LE())).toBe((wide ^ (wide >> 13n)) & 8191n);
        const wanted = BigInt({ turns: VERDICT.TURNS, stream: VERDICT.STREAM, ignore: VERDICT.IGNORE }[verdict]);
        expect(Buffer.from(value, 'hex').readBigUInt64LE()).toBe((wide << 2n) | wanted);
      },
    ),
  );
});
