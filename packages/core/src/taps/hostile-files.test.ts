import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileElf, symbolsOf, type WrittenSection } from '../testing/hostile-elf.ts';
import { FilePlans, planTls } from './file-plans.ts';
import type { NoTap, TapPlan } from './tap-plan.ts';

const SYMBOLS = 2;
const STRINGS = 3;
const RELOCATIONS = 4;
const CODE_BYTES = 64 * 1024;
const NOP = 0x90;
const RETURN = 0xc3;
/** Of the processor, ten times of what they take here; it was up to 45 s. */
const MOST_MS = 500;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'beyla-hostile-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is planned for a file, and the milliseconds of the processor that it took. */
function plan(image: Buffer): { plan: TapPlan | NoTap; ms: number } {
  const path = join(directory, 'file');
  writeFileSync(path, image);
  const descriptor = openSync(path, 'r');
  const plans = new FilePlans((elf) => planTls(elf, { openssl: true, goTls: true, rustls: true }));
  const before = process.cpuUsage();
  try {
    const found = plans.plan('file', descriptor);
    const { user, system } = process.cpuUsage(before);
    return { plan: found, ms: (user + system) / 1000 };
  } finally {
    closeSync(descriptor);
  }
}

/** A file with functions of these names, each 64 KiB of the same code, one over the other, so many bytes apart. */
function program(names: readonly string[], code: Buffer, apart = 1, others: readonly WrittenSection[] = []): Buffer {
  const strings = Buffer.from(`\0${names.join('\0')}\0`, 'latin1');
  let nameAt = 1;
  const symbols = symbolsOf(
    names.map((name, index) => {
      const symbol = { nameAt, at: (index * apart) % 1024, size: CODE_BYTES };
      nameAt += name.length + 1;
      return symbol;
    }),
  );
  const body = Buffer.concat([code, strings, symbols]);
  const whole = { offset: 0, size: body.length };
  return hostileElf(
    body,
    [
      { type: STRINGS, offset: code.length, size: strings.length },
      { type: SYMBOLS, offset: code.length + strings.length, size: symbols.length, link: 0 },
      ...others.map((section) => ({ ...section, ...whole })),
    ],
    0,
  );
}

function rustNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `_R${index}6cipher16Message${index % 2 === 0 ? 'En' : 'De'}crypter7${index % 2 === 0 ? 'en' : 'de'}crypt`,
  );
}

const OPENSSL = ['SSL_read', 'SSL_write', 'SSL_write_ex', 'SSL_sendfile', 'SSL_peek', 'TLS_method'];
/** LEA 0(%rip), %rax and padding: what TLS_method begins with. */
const GETTER = Buffer.concat([Buffer.from('488d0500000000', 'hex'), Buffer.alloc(2 * CODE_BYTES, NOP)]);
const MANY: readonly WrittenSection[] = Array.from({ length: 4000 }, () => ({ type: RELOCATIONS, offset: 0, size: 0 }));

const IMAGES: Readonly<Record<string, () => Buffer>> = {
  '4096 names of sections without an end': () =>
    hostileElf(
      Buffer.alloc(1024 * 1024, 'x'),
      Array.from({ length: 4096 }, () => ({ type: STRINGS, offset: 0, size: 1024 * 1024 })),
    ),
  'functions that are nothing but returns': () => program(OPENSSL, Buffer.alloc(2 * CODE_BYTES, RETURN), 0),
  'functions that are nothing but calls': () =>
    program(OPENSSL, Buffer.from('e800010000'.repeat((2 * CODE_BYTES) / 5), 'hex')),
  'functions that are nothing but jumps': () =>
    program(OPENSSL, Buffer.from('7505'.repeat((2 * CODE_BYTES) / 2), 'hex')),
  'a name with the part that is looked for 16,000 times': () =>
    program(['MessageEncrypter'.repeat(16_000)], Buffer.alloc(16)),
  'thousands of names with that part': () =>
    program(Array(4000).fill('xMessageEncrypterMessageDecrypter'), Buffer.alloc(2 * CODE_BYTES, NOP)),
  '2000 ciphers of 64 KiB, one over the other': () => program(rustNames(2000), Buffer.alloc(2 * CODE_BYTES, NOP)),
  '4000 tables of relocations, one over the other': () => program(OPENSSL, GETTER, 0, MANY),
  '10,000 functions of one name': () => program(Array(10_000).fill('SSL_read'), Buffer.alloc(2 * CODE_BYTES, NOP)),
};

describe('a file that was made to be too much', () => {
  it.each(Object.keys(IMAGES))('%s costs no more than any other', (name) => {
    const image = (IMAGES[name] as () => Buffer)();
    expect(image.length).toBeLessThan(1_500_000);
    expect(plan(image).ms).toBeLessThan(MOST_MS);
  });

  it('is refused, and says why', () => {
    const image = (IMAGES['4000 tables of relocations, one over the other'] as () => Buffer)();
    expect(plan(image).plan).toEqual({ reason: 'refused', about: 'its tables are too much to read' });
  });

  it('costs no more when any of its words are others', { timeout: 120_000 }, () => {
    const images = Object.values(IMAGES).map((make) => make());
    const word = fc.tuple(fc.nat(2000), fc.oneof(fc.nat(4096), fc.nat(2 ** 31 - 1), fc.constant(0xffff_ffff)));
    fc.assert(
      fc.property(fc.constantFrom(...images), fc.array(word, { maxLength: 8 }), (image, words) => {
        const damaged = Buffer.from(image);
        for (const [index, value] of words) damaged.writeUInt32LE(value, 16 + index * 4);
        expect(plan(damaged).ms).toBeLessThan(MOST_MS);
      }),
      { numRuns: 60 },
    );
  });
});
