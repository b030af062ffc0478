import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { BeylaError, type ErrorCode } from '../errors.ts';

const OLDEST: readonly [number, number] = [5, 10];
const LOCKDOWN = '/sys/kernel/security/lockdown';

/** Failures that an old kernel explains. */
const BY_AGE: readonly ErrorCode[] = ['NO_BTF', 'SOURCE_UNAVAILABLE', 'BPF_LOAD_FAILED', 'BPF_ATTACH_FAILED'];
/** Failures that lockdown explains: the kernel refuses, whatever capabilities there are. */
const BY_LOCKDOWN: readonly ErrorCode[] = ['MISSING_CAPABILITY', 'BPF_LOAD_FAILED', 'BPF_ATTACH_FAILED'];

/** What is looked at of the machine. */
export interface HostFacts {
  /** As `uname -r` has it. */
  readonly release: string;
  /** Text of securityfs' file `lockdown`; undefined where it cannot be read. */
  readonly lockdown: string | undefined;
}

/**
 * The error by its root: `LOCKED_DOWN` and `KERNEL_TOO_OLD` where the machine explains why the kernel refused, with what it refused
 * as cause; else the error itself. Only a failure is judged so: an old kernel that has what is needed by backports is good enough.
 */
export function hostFailure(error: unknown, facts: HostFacts = factsOfHost()): unknown {
  if (!(error instanceof BeylaError)) return error;
  const { code } = error;
  // Without a cause it was this library that refused, because it knew better.
  const isRefusal = error.cause !== undefined && BY_LOCKDOWN.includes(code);
  if (isRefusal && facts.lockdown?.includes('[confidentiality]') === true) {
    return new BeylaError('LOCKED_DOWN', `the kernel is locked down: ${withoutCure(error)}`, { cause: error });
  }
  if (BY_AGE.includes(code) && isOld(facts.release)) {
    const failed = `Linux ${facts.release} is too old: ${withoutCure(error)}`;
    return new BeylaError('KERNEL_TOO_OLD', failed, { cause: error });
  }
  return error;
}

function withoutCure({ message, cure }: BeylaError): string {
  return message.endsWith(`. ${cure}`) ? message.slice(0, -(cure.length + 2)) : message;
}

function isOld(text: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(text);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function factsOfHost(): HostFacts {
  let lockdown: string | undefined;
  try {
    lockdown = readFileSync(LOCKDOWN, 'utf8');
  } catch {
    // Not mounted, as in most containers.
  }
  return { release: release(), lockdown };
}
