import type { ElfFile } from '../../elf/elf-file.ts';
import type { NoTap, PlannedProbe, TapPlan } from '../tap-plan.ts';
import { walkFunction } from '../x86/function-walk.ts';
import { callTarget, type Placement, placeProbe } from '../x86/place-probe.ts';
import { RAX, RBX, RCX } from '../x86/registers.ts';
import { findGoFunctions, type GoFunction } from './function-table.ts';
import { type GoVersion, readGoVersion } from './go-version.ts';
import { goroutineOffset } from './goroutine-offset.ts';

interface TappedMethod {
  readonly program: string;
  /** Of the register ABI: receiver, buffer, length. */
  readonly registers: readonly number[];
}

/** Methods of crypto/tls.Conn, with the program for each (bpf/lib/tap.h). */
const METHODS: Readonly<Record<string, TappedMethod>> = {
  Read: { program: 'go_tls_read', registers: [RAX, RBX, RCX] },
  Write: { program: 'go_tls_write', registers: [RAX, RBX, RCX] },
  serverHandshake: { program: 'go_tls_handshake', registers: [RAX] },
  clientHandshake: { program: 'go_tls_handshake', registers: [RAX] },
  Close: { program: 'go_tls_close', registers: [RAX] },
};

const CONN = 'crypto/tls.(*Conn).';
const READER = 'bytes.(*Reader).Read';
const COPY = 'runtime.memmove';
const RUNTIME = 'runtime.mcall';
/** JBE with a distance of 8 and of 32 bits. */
const STACK_CHECKS = ['76', '0f86'];
const LONGEST_FUNCTION = 256 * 1024;

const NOT_GO: NoTap = { reason: 'none', about: 'not built by Go' };
const NO_TLS: NoTap = { reason: 'none', about: 'a Go program without crypto/tls' };

/**
 * Where to probe a Go program that uses crypto/tls. Nothing is probed on return, since Go moves stacks: the number of bytes that were
 * read is told by the call that copies them.
 */
export function planGoTls(elf: ElfFile): TapPlan | NoTap {
  const version = readGoVersion(elf);
  if (version === undefined) return NOT_GO;
  const names = [...Object.keys(METHODS).map((method) => `${CONN}${method}`), READER, COPY, RUNTIME];
  const functions = findGoFunctions(elf, names);
  if (functions === undefined)
    return { reason: 'refused', about: `the function table of ${version.text} cannot be read` };
  if (!functions.has(`${CONN}Write`)) return NO_TLS;
  const offset = goroutineOffset(elf, codeOf(elf, largest(functions.get(RUNTIME))));
  if (offset === undefined)
    return { reason: 'refused', about: `where ${version.text} keeps its goroutine is not known` };
  const probes: PlannedProbe[] = [];
  const refused: string[] = [];
  for (const method of Object.keys(METHODS)) {
    const found = largest(functions.get(`${CONN}${method}`));
    if (found === undefined) continue;
    const placed = placeMethod(elf, version, method, found, functions);
    if (placed === undefined) refused.push(found.name);
    else probes.push(...placed);
  }
  if (!['go_tls_read', 'go_tls_write'].every((program) => probes.some((probe) => probe.program.startsWith(program))))
    return { reason: 'refused', about: `the code of ${refused.join(', ')} is not understood` };
  return { tap: 'go_tls', probes: inGroups(probes), refused, goroutineOffset: offset, about: version.text };
}

function placeMethod(
  elf: ElfFile,
  { usesRegisters }: GoVersion,
  method: string,
  found: GoFunction,
  functions: ReadonlyMap<string, readonly GoFunction[]>,
): PlannedProbe[] | undefined {
  const code = codeOf(elf, found);
  const start = elf.offsetOf(found.address);
  if (code === undefined || start === undefined) return undefined;
  const { program, registers } = METHODS[method] as TappedMethod;
  const suffix = usesRegisters ? '' : '_stack';
  const placement = usesRegisters ? placeProbe(code, registers) : placeProbe(code, [], true);
  // The flags of the stack check tell the handler whether the function will be restarted with a larger stack.
  if (placement === undefined || !isStackCheck(code, placement)) return undefined;
  const probe = (name: string, { offset, kind }: Placement): PlannedProbe => ({
    program: `${name}${suffix}`,
    symbol: found.name,
    offset: start + offset,
    kind,
  });
  const probes = [probe(program, placement)];
  if (method !== 'Read') return probes;
  const { calls, copies, returns } = sitesIn(code, found.address, functions);
  // An end without its beginning does no harm; a beginning without its end would.
  if (calls.length > 0)
    return [...calls.map((offset) => probe('go_tls_read_call', { offset, kind: 'emulated' })), ...probes];
  if (copies.length === 1)
    return [...copies.map((offset) => probe('go_tls_read_copy', { offset, kind: 'emulated' })), ...probes];
  if (returns.length === 0) return undefined;
  return [...returns.map((offset) => probe('go_tls_read_return', { offset, kind: 'stepped' })), ...probes];
}

/** Where (*Conn).Read calls what copies the plaintext, or a part of that which is left when it is inlined, and where it returns. */
function sitesIn(
  code: Uint8Array,
  address: number,
  functions: ReadonlyMap<string, readonly GoFunction[]>,
): { calls: readonly number[]; copies: readonly number[]; returns: readonly number[] } {
  const calls: number[] = [];
  const copies: number[] = [];
  const returns: number[] = [];
  const isOneOf = (name: string, target: number): boolean =>
    functions.get(name)?.some((callee) => callee.address === target) ?? false;
  walkFunction(code, (instruction, at) => {
    const target = callTarget(code, instruction, at);
    if (target !== undefined && isOneOf(READER, address + target)) calls.push(at);
    if (target !== undefined && isOneOf(COPY, address + target)) copies.push(at);
    if (instruction.map === 1 && (instruction.opcode === 0xc3 || instruction.opcode === 0xc2)) returns.push(at);
  });
  return { calls, copies, returns };
}

function isStackCheck(code: Buffer, { offset }: Placement): boolean {
  return STACK_CHECKS.some((opcode) => code.toString('hex', offset, offset + opcode.length / 2) === opcode);
}

/** A name may also stand for a wrapper of a few instructions, which calls the function itself. */
function largest(functions: readonly GoFunction[] | undefined): GoFunction | undefined {
  return functions?.reduce((best, candidate) => (candidate.size > best.size ? candidate : best));
}

function codeOf(elf: ElfFile, found: GoFunction | undefined): Buffer | undefined {
  return found === undefined || found.size > LONGEST_FUNCTION ? undefined : elf.codeAt(found.address, found.size);
}

/** Probes of the same program side by side: they are attached at once. */
function inGroups(probes: readonly PlannedProbe[]): PlannedProbe[] {
  const programs = [...new Set(probes.map(({ program }) => program))];
  return programs.flatMap((program) => probes.filter((probe) => probe.program === program));
}
