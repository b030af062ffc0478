import { describe, expect, it } from 'vitest';
import { BeylaError, type ErrorCode } from '../errors.ts';
import { hostFailure } from './host-failure.ts';

const NEW = { release: '6.18.0-1-amd64', lockdown: '[none] integrity confidentiality\n' };
const OLD = { release: '4.18.0-553.el8.x86_64', lockdown: undefined };
const LOCKED = { release: '6.18.0', lockdown: 'none integrity [confidentiality]\n' };
const refused = { cause: new Error('errno 1') };

function codeOf(code: ErrorCode, options: { cause?: Error }, facts: typeof NEW | typeof OLD): string {
  return (hostFailure(new BeylaError(code, 'it failed', options), facts) as BeylaError).code;
}

describe('hostFailure()', () => {
  it.each<[ErrorCode, { cause?: Error }, typeof NEW | typeof OLD, ErrorCode]>([
    ['BPF_LOAD_FAILED', refused, NEW, 'BPF_LOAD_FAILED'],
    ['BPF_LOAD_FAILED', refused, OLD, 'KERNEL_TOO_OLD'],
    ['NO_BTF', {}, OLD, 'KERNEL_TOO_OLD'],
    ['SOURCE_UNAVAILABLE', {}, OLD, 'KERNEL_TOO_OLD'],
    ['SOURCE_UNAVAILABLE', {}, { ...OLD, release: '5.9.16' }, 'KERNEL_TOO_OLD'],
    ['SOURCE_UNAVAILABLE', {}, { ...OLD, release: '5.10.0' }, 'SOURCE_UNAVAILABLE'],
    ['SOURCE_UNAVAILABLE', {}, { ...OLD, release: 'unheard of' }, 'SOURCE_UNAVAILABLE'],
    ['MISSING_CAPABILITY', {}, OLD, 'MISSING_CAPABILITY'],
    ['MISSING_CAPABILITY', {}, LOCKED, 'MISSING_CAPABILITY'],
    ['MISSING_CAPABILITY', refused, LOCKED, 'LOCKED_DOWN'],
    ['BPF_LOAD_FAILED', refused, LOCKED, 'LOCKED_DOWN'],
    ['BPF_OBJECT_MISSING', refused, LOCKED, 'BPF_OBJECT_MISSING'],
  ])('of %s (%o) on %o is %s', (code, options, facts, expected) => {
    expect(codeOf(code, options, facts)).toBe(expected);
  });

  it('says what failed, with one cure, and has the failure as its cause', () => {
    const failure = new BeylaError('BPF_LOAD_FAILED', 'the BPF object sockets was refused', refused);
    const found = hostFailure(failure, LOCKED) as BeylaError;
    expect(found.cause).toBe(failure);
    expect(found.message).toBe(`the kernel is locked down: the BPF object sockets was refused. ${found.cure}`);
  });

  it('leaves alone what is no error of this library', () => {
    const error = new TypeError('x');
    expect(hostFailure(error, OLD)).toBe(error);
  });
});
