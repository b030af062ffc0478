import { closeSync, openSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { BeylaError } from '../errors.ts';
import { loadNative, type Native } from '../kernel/binding.ts';

/** What the doctor asks of the host; a test puts another one in its place. */
export interface Host {
  readonly platform: string;
  readonly architecture: string;
  readonly kernelRelease: string;
  readonly libc: 'glibc' | 'musl' | undefined;
  /** The addon, or why there is none. */
  readonly native:
    | Pick<
        Native,
        'effectiveCapabilities' | 'kernelHas' | 'probeProgramType' | 'enableStats' | 'closeLink' | 'libbpfVersion'
      >
    | BeylaError;
  /** Text of a small file; an error code such as `ENOENT` in an object where it cannot be read. */
  read(path: string): string | { readonly code: string };
  /** Error code of opening the file to read; undefined when that would work. */
  open(path: string): string | undefined;
  /** The kernel's build configuration (`CONFIG_BPF=y` lines), wherever the distribution keeps it. */
  kernelConfig(): string | undefined;
}

/** The machine this program runs on. */
export function thisHost(): Host {
  const kernelRelease = release();
  return {
    platform: process.platform,
    architecture: process.arch,
    kernelRelease,
    libc: process.platform === 'linux' ? libc() : undefined,
    native: native(),
    read,
    open: (path) => {
      try {
        closeSync(openSync(path, 'r'));
        return undefined;
      } catch (error) {
        return codeOf(error);
      }
    },
    kernelConfig: () => {
      try {
        return gunzipSync(readFileSync('/proc/config.gz')).toString('latin1');
      } catch {
        const text = read(`/boot/config-${kernelRelease}`);
        return typeof text === 'string' ? text : undefined;
      }
    },
  };
}

function read(path: string): string | { code: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}

function native(): Native | BeylaError {
  try {
    return loadNative();
  } catch (error) {
    return error instanceof BeylaError ? error : new BeylaError('NATIVE_MISSING', String(error), { cause: error });
  }
}

function libc(): 'glibc' | 'musl' {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
