import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ElfFile } from '../elf/elf-file.ts';
import { planOpenssl } from './openssl-plan.ts';
import type { TapPlan } from './tap-plan.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/libssl.so.3';
/** Node has OpenSSL linked in. */
const FILES = [LIBRARY, process.execPath].filter((path) => existsSync(path));

function planOf(path: string): TapPlan {
  const descriptor = openSync(path, 'r');
  try {
    const elf = ElfFile.read(descriptor);
    const plan = elf === undefined ? undefined : planOpenssl(elf);
    if (plan === undefined || 'reason' in plan) throw new Error(`no plan for ${path}: ${plan?.about}`);
    return plan;
  } finally {
    closeSync(descriptor);
  }
}

describe('planOpenssl()', () => {
  it.each(FILES)('finds where a read of %s copies plaintext, and the ends of its writes', (path) => {
    const { probes, refused } = planOf(path);
    const programs = probes.map(({ program }) => program);
    expect(programs.filter((program) => program === 'openssl_copy').length).toBeGreaterThanOrEqual(2);
    expect(programs.filter((program) => program === 'openssl_read')).toHaveLength(2);
    const writes = probes.filter(({ symbol }) => symbol === 'SSL_write').map(({ program }) => program);
    // Node's own BIO takes everything, so there the end of a write tells nothing.
    expect(writes).toEqual(path === LIBRARY ? ['openssl_return', 'openssl_write'] : ['openssl_write_all']);
    expect(refused).toEqual([]);
    // What is attached first may be seen alone: an end without a beginning is nothing.
    const firstEntry = programs.findIndex((program) => program !== 'openssl_copy' && program !== 'openssl_return');
    expect(programs.slice(firstEntry)).not.toContain('openssl_copy');
    expect(programs.slice(firstEntry)).not.toContain('openssl_return');
  });
});
