import type { ElfFile } from '../elf/elf-file.ts';
import { findFunctionsByPart } from '../elf/find-by-part.ts';
import type { ElfFunction } from '../elf/symbols.ts';
import type { NoTap, PlannedProbe, TapPlan } from './tap-plan.ts';
import { type Placement, placeProbe } from './x86/place-probe.ts';
import { RCX, RDI, RDX, RSI } from './x86/registers.ts';
import { returnSites } from './x86/return-sites.ts';

const NO_RUSTLS: NoTap = { reason: 'none', about: 'no record ciphers of rustls among its symbols' };

/** Methods of the record ciphers, as rustc mangles them: in its older way, and in the one of RFC 2603. */
const METHODS = [
  {
    program: 'rustls_encrypt',
    part: 'MessageEncrypter',
    name: /rustls\.\.crypto\.\.cipher\.\.MessageEncrypter\$GT\$7encrypt17h|6cipher16MessageEncrypter7encrypt/,
  },
  {
    program: 'rustls_decrypt',
    part: 'MessageDecrypter',
    name: /rustls\.\.crypto\.\.cipher\.\.MessageDecrypter\$GT\$7decrypt17h|6cipher16MessageDecrypter7decrypt/,
  },
];
const ARGUMENTS = [RDI, RSI, RDX, RCX];
const LONGEST_METHOD = 64 * 1024;
/** What a connection has before there are keys. */
const NO_CIPHER = /InvalidMessage(En|De)crypter/;

/**
 * Where to probe a program that uses rustls 0.23: the methods of its record ciphers, which are called through tables, so that they
 * exist in every program whatever is inlined. A program stripped of its symbols cannot be probed: nothing tells them apart.
 */
export function planRustls(elf: ElfFile): TapPlan | NoTap {
  const probes: PlannedProbe[] = [];
  for (const { program, part, name } of METHODS) {
    const found = findFunctionsByPart(elf, part, (symbol) => name.test(symbol) && !NO_CIPHER.test(symbol));
    const methods = found.map((symbol) => place(elf, symbol)).filter((one) => one !== undefined);
    // A return that is seen without its entry does no harm.
    probes.push(...methods.flatMap(({ returns }) => returns.map((one) => ({ ...one, program: `${program}_return` }))));
    probes.push(...methods.map(({ entry }) => ({ ...entry, program })));
  }
  const isWhole = METHODS.every(({ program }) => probes.some((probe) => probe.program === program));
  return isWhole ? { tap: 'rustls', probes, refused: [], about: 'rustls', isProvenByCiphertext: true } : NO_RUSTLS;
}

interface PlacedMethod {
  readonly entry: Omit<PlannedProbe, 'program'>;
  readonly returns: readonly Omit<PlannedProbe, 'program'>[];
}

function place(elf: ElfFile, { name, address, size }: ElfFunction): PlacedMethod | undefined {
  const start = elf.offsetOf(address);
  const code = size > 0 && size <= LONGEST_METHOD ? elf.codeAt(address, size) : undefined;
  const entry = code === undefined ? undefined : placeProbe(code, ARGUMENTS);
  const returns = code === undefined ? [] : returnSites(code);
  if (start === undefined || entry === undefined || returns.length === 0) return undefined;
  const at = ({ offset, kind }: Placement): Omit<PlannedProbe, 'program'> => ({
    symbol: name,
    offset: start + offset,
    kind,
  });
  return { entry: at(entry), returns: returns.map(at) };
}
