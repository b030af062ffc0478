/**
 * Every code an error of this library can have, with what the user can do about it.
 *
 * @public
 */
export const ERROR_CODES = {
  UNKNOWN_OPTION: 'Remove the option or use the nearest valid one that the message names.',
  INVALID_OPTION: 'Give the option a value of the form that the message names.',
  INVALID_PORT_RANGE: 'Use ports from 1 to 65535 as `80,443,8000-8999`, each range low-high.',
  INVALID_PATTERN: 'Correct the regular expression or glob; regular expressions use RE2 syntax.',
  UNSUPPORTED_PLATFORM: 'Run on Linux x86-64; elsewhere use recordings.',
  KERNEL_TOO_OLD: 'Use Linux 5.10 or newer.',
  NO_BTF: 'Use a kernel with CONFIG_DEBUG_INFO_BTF=y, or pass `btfPath` with BTF for this kernel.',
  MISSING_CAPABILITY: 'Run as root or grant the capabilities that the message names.',
  LOCKED_DOWN:
    'The kernel is in lockdown=confidentiality, which forbids BPF from reading memory; boot with lockdown=integrity or none.',
  NATIVE_MISSING: 'Install a release with a prebuilt addon for this platform, or run `npm run build`.',
  BPF_OBJECT_MISSING: 'Run `npm run build`: the compiled BPF objects are not there.',
  BPF_LOAD_FAILED: 'See `cause.log` for the verifier output; `npx beyla-doctor` shows what this kernel offers.',
  BPF_ATTACH_FAILED: 'See `cause.log`; `npx beyla-doctor` shows what this kernel offers.',
  SOURCE_UNAVAILABLE: 'Choose `source: "auto"` or one of the sources that the message lists.',
  PORT_IN_USE: 'Choose another port, or stop the program that listens on it.',
  EXPORT_FAILED: "Check the endpoint and its logs; the message has the back end's answer.",
  RECORDING_INVALID: 'The file is not a recording of this library or of another version; make it again.',
  ALREADY_STARTED: 'Make a new component: each is started once.',
  CLOSED: 'The component is closed; make a new one.',
} as const;

/**
 * Code of a `BeylaError`; docs/errors.md has them all.
 *
 * @public
 */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * The one error class of the library: match on `code`.
 *
 * @example
 * ```ts
 * import { BeylaError } from '@beyla/core';
 * try {
 *   throw new BeylaError('NO_BTF', 'this kernel has no /sys/kernel/btf/vmlinux');
 * } catch (error) {
 *   if (error instanceof BeylaError && error.code === 'NO_BTF') console.error(error.cure);
 * }
 * ```
 *
 * @public
 */
export class BeylaError extends Error {
  readonly code: ErrorCode;
  /** What to do about it. */
  readonly cure: string;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; cure?: string }) {
    super(
      `${message}. ${options?.cure ?? ERROR_CODES[code]}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'BeylaError';
    this.code = code;
    this.cure = options?.cure ?? ERROR_CODES[code];
  }
}
