import type { ElfFile } from '../elf/elf-file.ts';
import { type ElfFunction, findFunctions } from '../elf/symbols.ts';
import { doesCall, readCopies } from './read-copies.ts';
import type { NoTap, PlannedProbe, TapPlan } from './tap-plan.ts';
import { placeProbe } from './x86/place-probe.ts';
import { RCX, RDI, RDX, RSI } from './x86/registers.ts';
import { returnSites } from './x86/return-sites.ts';

interface TappedFunction {
  readonly program: string;
  readonly registers: readonly number[];
  /** It is not over until it is seen to return. */
  readonly hasReturn?: true;
}

const SESSION = [RDI];
const CALL = [RDI, RSI, RDX];
const RESET = { program: 'openssl_reset', registers: SESSION };
const HANDSHAKE = { program: 'openssl_handshake', registers: SESSION };

/** Functions of libssl that move or end a session, with the program for each (bpf/lib/tap.h). */
const FUNCTIONS: Readonly<Record<string, TappedFunction>> = {
  SSL_read: { program: 'openssl_read', registers: CALL },
  SSL_read_ex: { program: 'openssl_read', registers: CALL },
  SSL_write: { program: 'openssl_write', registers: CALL, hasReturn: true },
  SSL_write_ex: { program: 'openssl_write_ex', registers: [...CALL, RCX], hasReturn: true },
  SSL_sendfile: { program: 'openssl_sendfile', registers: CALL, hasReturn: true },
  SSL_do_handshake: HANDSHAKE,
  SSL_accept: HANDSHAKE,
  SSL_connect: HANDSHAKE,
  SSL_peek: HANDSHAKE,
  SSL_peek_ex: HANDSHAKE,
  SSL_free: { program: 'openssl_free', registers: SESSION },
  SSL_clear: RESET,
  SSL_set_bio: RESET,
  SSL_set0_rbio: RESET,
  SSL_set_fd: RESET,
  SSL_set_rfd: RESET,
};

const METHOD = 'TLS_method';
/** Node's own BIO, which takes whatever is written: no SSL_write has to be tried again. */
const NODE = '_ZN4node6crypto7NodeBIO3NewEP6bio_st';

const NO_OPENSSL: NoTap = { reason: 'none', about: 'no SSL_read and SSL_write among its symbols' };
const LONGEST_FUNCTION = 64 * 1024;

interface Located {
  readonly name: string;
  readonly address: number;
  readonly code: Buffer;
}

/**
 * Where to probe a file that has OpenSSL or one of its descendants inside: the shared library, or a program that links it statically.
 *
 * Nothing is probed by replacing a return address. What a read gives is told by the copy to the program's buffer, what a write took by
 * the places where SSL_write is about to return.
 */
export function planOpenssl(elf: ElfFile): TapPlan | NoTap {
  const symbols = findFunctions(elf, [...Object.keys(FUNCTIONS), METHOD, NODE]);
  if (!symbols.has('SSL_read') || !symbols.has('SSL_write')) return NO_OPENSSL;
  const isNode = symbols.delete(NODE);
  const located = new Map<string, Located>();
  const refused: string[] = [];
  for (const [name, [symbol]] of symbols) {
    const code = symbol === undefined ? undefined : codeOf(elf, symbol);
    if (symbol === undefined || code === undefined) refused.push(name);
    else located.set(name, { name, address: symbol.address, code });
  }
  const [read, peek, method] = ['SSL_read', 'SSL_peek', METHOD].map((name) => located.get(name));
  const copies = read === undefined ? [] : readCopies(elf, { read, peek, method });
  located.delete(METHOD);
  // Where SSL_read is made of SSL_peek, that would end the very read that it is a part of.
  if (read !== undefined && peek !== undefined && doesCall(read, peek.address)) located.delete('SSL_peek');
  // Without a copy SSL_read_ex does not tell how much it has read.
  if (copies.length === 0) located.delete('SSL_read_ex');
  const probes = copies
    .map((address) => elf.offsetOf(address))
    .filter((offset) => offset !== undefined)
    .map((offset) => ({ program: 'openssl_copy', symbol: 'SSL_read', offset, kind: 'emulated' }) as const);
  const placed: PlannedProbe[] = [...probes];
  for (const found of located.values()) {
    const { program, registers, hasReturn } = FUNCTIONS[found.name] as TappedFunction;
    const takesAll = isNode && found.name === 'SSL_write';
    const needsReturn = takesAll ? false : found.name === 'SSL_read' ? copies.length === 0 : hasReturn === true;
    const all = probesOf(elf, found, takesAll ? 'openssl_write_all' : program, registers, needsReturn);
    if (all === undefined) refused.push(found.name);
    else placed.push(...all);
  }
  const isWhole = ['openssl_read', 'openssl_write'].every((name) =>
    placed.some(({ program }) => program.startsWith(name)),
  );
  if (!isWhole) return { reason: 'refused', about: `the code of ${refused.join(', ')} is not understood` };
  placed.sort((a, b) => turn(a) - turn(b));
  return { tap: 'openssl', probes: placed, refused, about: 'OpenSSL' };
}

/** When a probe's turn is to be attached: an end that is seen without its beginning does no harm, a beginning without its end would. */
function turn({ program }: PlannedProbe): number {
  return program === 'openssl_return' || program === 'openssl_copy' ? 0 : 1;
}

function probesOf(
  elf: ElfFile,
  { name, address, code }: Located,
  program: string,
  registers: readonly number[],
  needsReturn: boolean,
): PlannedProbe[] | undefined {
  const start = elf.offsetOf(address);
  const placement = placeProbe(code, registers);
  if (start === undefined || placement === undefined) return undefined;
  const entry = { program, symbol: name, offset: start + placement.offset, kind: placement.kind };
  if (!needsReturn) return [entry];
  const returns = returnSites(code);
  if (returns.length === 0) return undefined;
  return [
    entry,
    ...returns.map(({ offset, kind }) => ({ program: 'openssl_return', symbol: name, offset: start + offset, kind })),
  ];
}

function codeOf(elf: ElfFile, { address, size }: ElfFunction): Buffer | undefined {
  return size > 0 && size <= LONGEST_FUNCTION ? elf.codeAt(address, size) : undefined;
}
