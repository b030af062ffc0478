import type { NativeError } from '@beyla/native';
import { BeylaError } from '../errors.ts';
import type { TapsOptions } from '../options/options.ts';
import type { TapName } from '../taps/tap-plan.ts';
import type { Native } from './binding.ts';
import { BpfObject } from './bpf-object.ts';

/** The tap objects: those that could be loaded, why the others could not, undefined where they are not wanted. */
export type TapObjects = Readonly<Record<TapName, BpfObject | Error | undefined>>;

/** What is loaded for taps. */
export interface OpenedTaps {
  readonly objects: TapObjects;
  /** Probes are attached by uprobe_multi links, else each by a perf event. */
  readonly isMulti: boolean;
}

const EBADF = 9;
const PROGRAM: Readonly<Record<TapName, string>> = {
  openssl: 'openssl_free',
  go_tls: 'go_tls_close',
  rustls: 'rustls_encrypt',
  loader: 'loader_changed',
};

/** Loads the taps that are wanted. What cannot be loaded does not stop the rest: its error takes its place. */
export function openTaps(
  native: Native,
  wanted: Readonly<Required<TapsOptions>>,
  options: ConstructorParameters<typeof BpfObject>[2],
): OpenedTaps {
  let isMulti = true;
  const open = (name: TapName): BpfObject | Error => {
    try {
      if (isMulti) {
        const object = tryMulti(native, name, options);
        if (object !== undefined) return object;
        isMulti = false;
      }
      return new BpfObject(native, name, options);
    } catch (error) {
      if (error instanceof BeylaError) return error;
      throw error;
    }
  };
  const openssl = wanted.openssl ? open('openssl') : undefined;
  const goTls = wanted.goTls ? open('go_tls') : undefined;
  const rustls = wanted.rustls ? open('rustls') : undefined;
  const loader = Object.values(wanted).includes(true) ? open('loader') : undefined;
  return { objects: { openssl, go_tls: goTls, rustls, loader }, isMulti };
}

/** The kernel fixes at load how a program is attached, so an object that is loaded for uprobe_multi is the way to find out. */
function tryMulti(
  native: Native,
  name: TapName,
  options: ConstructorParameters<typeof BpfObject>[2],
): BpfObject | undefined {
  let object: BpfObject;
  try {
    object = new BpfObject(native, name, { ...options, uprobeMulti: true });
  } catch (error) {
    if (error instanceof BeylaError && error.code !== 'MISSING_CAPABILITY') return undefined;
    throw error;
  }
  if (hasUprobeMulti(object, PROGRAM[name])) return object;
  object.close();
  return undefined;
}

/** A kernel that knows these links says that a directory is no file to probe; one that does not refuses them all. */
function hasUprobeMulti(object: BpfObject, program: string): boolean {
  try {
    object.attachUprobe(program, { path: '/', offsets: [0], pid: -1, return: false, multi: true });
  } catch (error) {
    return (error as NativeError).errno === EBADF;
  }
  return false;
}
