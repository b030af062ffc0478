import type { ElfFile } from '../elf/elf-file.ts';
import { type ElfFunction, findFunctions } from '../elf/symbols.ts';
import type { NoTap, PlannedProbe, TapPlan } from './tap-plan.ts';
import { placeProbe, startsEmulated } from './x86/place-probe.ts';
import { RCX, RDI, RDX, RSI } from './x86/registers.ts';
import { sharedBody } from './x86/shared-body.ts';

interface TappedFunction {
  readonly program: string;
  readonly registers: readonly number[];
  readonly hasReturn: boolean;
}

const CALL = [RDI, RSI, RDX];

/** Functions of libssl that move or end a session, with the program for each (bpf/lib/tap.h). */
const FUNCTIONS: Readonly<Record<string, TappedFunction>> = {
  SSL_read: { program: 'openssl_read', registers: CALL, hasReturn: true },
  SSL_read_ex: { program: 'openssl_read_ex', registers: [...CALL, RCX], hasReturn: true },
  SSL_write: { program: 'openssl_write', registers: CALL, hasReturn: true },
  SSL_write_ex: { program: 'openssl_write_ex', registers: [...CALL, RCX], hasReturn: true },
  SSL_do_handshake: { program: 'openssl_handshake', registers: [RDI], hasReturn: true },
  SSL_shutdown: { program: 'openssl_shutdown', registers: [RDI], hasReturn: true },
  SSL_sendfile: { program: 'openssl_sendfile', registers: CALL, hasReturn: true },
  SSL_free: { program: 'openssl_free', registers: [RDI], hasReturn: false },
};

/** OpenSSL keeps the random of the ClientHello in its session since 3.0, as long as it has this function; its descendants keep it elsewhere. */
const SINCE_3 = 'SSL_CTX_new_ex';

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
 * A probe on return must sit on the function's first instruction, where the return address is on top of the stack. Where that
 * instruction is not one the kernel emulates, both probes go to the body that SSL_read and SSL_read_ex share, if there is one.
 */
export function planOpenssl(elf: ElfFile): TapPlan | NoTap {
  const symbols = findFunctions(elf, [...Object.keys(FUNCTIONS), SINCE_3]);
  const onReturn = symbols.delete(SINCE_3) ? 'openssl3_return' : 'openssl_return';
  if (!symbols.has('SSL_read') || !symbols.has('SSL_write')) return NO_OPENSSL;
  const located = new Map<string, Located>();
  const refused: string[] = [];
  for (const [name, [symbol]] of symbols) {
    const code = symbol === undefined ? undefined : codeOf(elf, symbol);
    if (symbol === undefined || code === undefined) refused.push(name);
    else located.set(name, { name, address: symbol.address, code });
  }
  const probes: PlannedProbe[] = [];
  for (const pair of ['SSL_read', 'SSL_write']) {
    const body = bodyOf(elf, located.get(pair), located.get(`${pair}_ex`), onReturn);
    if (body === undefined) continue;
    probes.push(...body);
    located.delete(pair);
    located.delete(`${pair}_ex`);
  }
  for (const found of located.values()) {
    const placed = probesOf(elf, found, onReturn);
    if (placed === undefined) refused.push(found.name);
    else probes.push(...placed);
  }
  const isWhole = ['openssl_read', 'openssl_write'].every((program) =>
    probes.some((probe) => probe.program.startsWith(program)),
  );
  if (!isWhole) return { reason: 'refused', about: `the code of ${refused.join(', ')} is not understood` };
  probes.sort((a, b) => turn(a) - turn(b));
  return { tap: 'openssl', probes, refused, about: 'OpenSSL' };
}

/**
 * When a probe's turn is to be attached. A return that is seen without its entry does no harm; an entry without its return would. Reads come last:
 * they may claim what was read before, so no other call may be under way that began unseen.
 */
function turn({ isReturn, program }: PlannedProbe): number {
  return isReturn ? 0 : program.startsWith('openssl_read') ? 2 : 1;
}

function probesOf(elf: ElfFile, { name, address, code }: Located, onReturn: string): PlannedProbe[] | undefined {
  const { program, registers, hasReturn } = FUNCTIONS[name] as TappedFunction;
  const start = elf.offsetOf(address);
  const placement = placeProbe(code, registers);
  if (start === undefined || placement === undefined) return undefined;
  if (!hasReturn)
    return [{ program, symbol: name, offset: start + placement.offset, isReturn: false, kind: placement.kind }];
  // Both at the entry share one trap, so there is nothing to be won by moving the first away.
  const kind = placement.offset === 0 ? placement.kind : 'stepped';
  return [
    { program, symbol: name, offset: start, isReturn: false, kind },
    { program: onReturn, symbol: name, offset: start, isReturn: true, kind },
  ];
}

/** One body in place of two functions whose own first instructions are dear to probe. */
function bodyOf(
  elf: ElfFile,
  plain: Located | undefined,
  extended: Located | undefined,
  onReturn: string,
): PlannedProbe[] | undefined {
  if (plain === undefined || extended === undefined) return undefined;
  const isCheap = [plain, extended].every(({ code }) => startsEmulated(code));
  if (isCheap) return undefined;
  const address = sharedBody(plain, extended);
  const offset = address === undefined ? undefined : elf.offsetOf(address);
  const first = offset === undefined ? undefined : elf.file.read(offset, 16);
  if (offset === undefined || first === undefined || !startsEmulated(first)) return undefined;
  const { program } = FUNCTIONS[extended.name] as TappedFunction;
  const symbol = `${plain.name} and ${extended.name}`;
  return [
    { program, symbol, offset, isReturn: false, kind: 'emulated' },
    { program: onReturn, symbol, offset, isReturn: true, kind: 'emulated' },
  ];
}

function codeOf(elf: ElfFile, { address, size }: ElfFunction): Buffer | undefined {
  return size > 0 && size <= LONGEST_FUNCTION ? elf.readAt(address, size) : undefined;
}
