import { createRequire } from 'node:module';
import { BeylaError } from '../errors.ts';

/**
 * The native boundary as a type, so that a fake fits where the addon goes.
 *
 * @public
 */
export type Native = typeof import('@beyla/native');

const require = createRequire(import.meta.url);
let loaded: Native | undefined;

/**
 * Loads the native addon on first use; importing this library never does.
 *
 * Needs Linux on x86-64. The addon stays loaded for the life of the process.
 *
 * @throws BeylaError `UNSUPPORTED_PLATFORM` elsewhere, `NATIVE_MISSING` where there is no addon or it cannot be loaded
 * (`cause` says why).
 */
export function loadNative(): Native {
  if (loaded !== undefined) return loaded;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BeylaError('UNSUPPORTED_PLATFORM', `BPF is not available on ${process.platform}-${process.arch}`);
  }
  try {
    loaded = require('@beyla/native') as Native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new BeylaError('NATIVE_MISSING', `the native addon could not be loaded: ${reason}`, { cause });
  }
  return loaded;
}
