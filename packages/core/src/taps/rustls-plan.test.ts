import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ElfFile } from '../elf/elf-file.ts';
import { planRustls } from './rustls-plan.ts';

const CIPHERS = 'rustls..crypto..cipher..';

/** As rustc names a method of a trait's implementation. */
function mangled(type: string, trait: string, method: string): string {
  const path = `_$LT$${type}$u20$as$u20$${trait}$GT$`;
  return `_ZN${path.length}${path}${method.length}${method}17h0123456789abcdefE`;
}

/** A library with functions of these names. */
function library(names: readonly string[], ...flags: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rustls-plan-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const source = names
    .map((name, index) => `long f${index}(long a) __asm__("${name}"); long f${index}(long a) { return a + ${index}; }`)
    .join('\n');
  const file = join(folder, 'library.so');
  const options = ['-shared', '-fPIC', '-O0', '-fcf-protection=none', ...flags];
  execFileSync('gcc', [...options, '-o', file, '-x', 'c', '-'], { input: source });
  return file;
}

function plan(file: string): ReturnType<typeof planRustls> {
  const descriptor = openSync(file, 'r');
  try {
    const elf = ElfFile.read(descriptor);
    if (elf === undefined) throw new Error('not an ELF file');
    return planRustls(elf);
  } finally {
    closeSync(descriptor);
  }
}

const LEGACY = [
  mangled('rustls..crypto..ring..tls13..Tls13MessageEncrypter', `${CIPHERS}MessageEncrypter`, 'encrypt'),
  mangled('rustls..crypto..ring..tls13..Tls13MessageEncrypter', `${CIPHERS}MessageEncrypter`, 'encrypted_payload_len'),
  mangled('rustls..crypto..ring..tls13..Tls13MessageDecrypter', `${CIPHERS}MessageDecrypter`, 'decrypt'),
  mangled(`${CIPHERS}InvalidMessageEncrypter`, `${CIPHERS}MessageEncrypter`, 'encrypt'),
  mangled(`${CIPHERS}InvalidMessageDecrypter`, `${CIPHERS}MessageDecrypter`, 'decrypt'),
  mangled('rustls_openssl..tls12..GcmEncrypter', `${CIPHERS}MessageEncrypter`, 'encrypt'),
];
const V0 = [
  '_RNvXs4_NtNtNtCsjkZ6XnrNQSz_6rustls6crypto4ring5tls13NtB5_21Tls13MessageEncrypterNtNtB9_6cipher16MessageEncrypter7encrypt',
  '_RNvXs5_NtNtNtCsjkZ6XnrNQSz_6rustls6crypto4ring5tls13NtB5_21Tls13MessageDecrypterNtNtB9_6cipher16MessageDecrypter7decrypt',
];

describe.skipIf(spawnSync('gcc', ['--version']).status !== 0)('planRustls()', () => {
  it('probes each cipher of a program that has names of the older mangling, and none that only say how long', () => {
    const made = plan(library(LEGACY));
    expect(made).toMatchObject({ tap: 'rustls', isProvenByCiphertext: true });
    const probes = 'probes' in made ? made.probes : [];
    const symbolsOf = (wanted: string) =>
      probes.filter(({ program }) => program === wanted).map(({ symbol }) => symbol);
    for (const program of ['rustls_encrypt_return', 'rustls_encrypt'])
      expect(new Set(symbolsOf(program))).toEqual(new Set([LEGACY[0], LEGACY[5]]));
    for (const program of ['rustls_decrypt_return', 'rustls_decrypt']) expect(symbolsOf(program)).toEqual([LEGACY[2]]);
    expect(probes).toHaveLength(6);
    // The frame is made by a push; a return is no instruction that the kernel emulates.
    expect(probes.every(({ program, kind }) => (kind === 'stepped') === program.endsWith('_return'))).toBe(true);
  });

  it('probes a program with names of the mangling of RFC 2603', () => {
    const made = plan(library(V0));
    const programs = 'probes' in made ? made.probes.map(({ program }) => program) : [];
    expect(programs).toEqual(['rustls_encrypt_return', 'rustls_encrypt', 'rustls_decrypt_return', 'rustls_decrypt']);
  });

  it('has no plan for a program with one direction only, with other names, or stripped of its symbols', () => {
    expect(plan(library(V0.slice(0, 1)))).toMatchObject({ reason: 'none' });
    expect(plan(library(['SSL_read', 'SSL_write']))).toMatchObject({ reason: 'none' });
    expect(plan(library(V0, '-s'))).toMatchObject({ reason: 'none' });
  });
});
