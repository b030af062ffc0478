import { describe, expect, it } from 'vitest';
import { placeProbe } from './place-probe.ts';
import { RAX, RBX, RCX, RDI, RDX, RSI } from './registers.ts';

const C_ARGUMENTS = [RDI, RSI, RDX];
const GO_ARGUMENTS = [RAX, RBX, RCX];

function place(hex: string, registers: readonly number[], keepsStack = false): unknown {
  return placeProbe(Buffer.from(hex.replaceAll(' ', ''), 'hex'), registers, keepsStack);
}

describe('placeProbe()', () => {
  it('takes the entry when that is a PUSH', () => {
    // push rbp; mov rbp,rsp; ret
    expect(place('55 4889e5 c3', C_ARGUMENTS)).toEqual({ offset: 0, kind: 'emulated' });
    // push r14; ret
    expect(place('4156 c3', C_ARGUMENTS)).toEqual({ offset: 0, kind: 'emulated' });
  });

  it('goes behind ENDBR64 and the making of a frame to a conditional jump', () => {
    // endbr64; sub rsp,18; mov rax,fs:28; mov [rsp+8],rax; xor eax,eax; test edx,edx; js +1; nop; ret
    const code = 'f30f1efa 4883ec18 6448 8b042528000000 4889442408 31c0 85d2 7801 90 c3';
    expect(place(code, C_ARGUMENTS)).toEqual({ offset: 26, kind: 'emulated' });
  });

  it('stays at the entry when an argument is overwritten before the first emulated instruction', () => {
    // sub rsp,8; mov rdi,rax; push rbx; ret
    expect(place('4883ec08 4889c7 53 c3', C_ARGUMENTS)).toEqual({ offset: 0, kind: 'stepped' });
    // The same register is of no interest: the probe may go behind it.
    expect(place('4883ec08 4889c7 53 c3', [RSI])).toEqual({ offset: 7, kind: 'emulated' });
  });

  it('takes the stack check of a Go function', () => {
    // cmp rsp,[r14+10]; jbe +2; push rbp; ret; jmp 0
    expect(place('493b6610 7602 55 c3 ebf6', GO_ARGUMENTS)).toEqual({ offset: 4, kind: 'emulated' });
  });

  it('keeps the stack pointer of the entry when asked to', () => {
    // sub rsp,8; push rbx; ret
    expect(place('4883ec08 53 c3', GO_ARGUMENTS, true)).toEqual({ offset: 0, kind: 'stepped' });
    expect(place('4883ec08 53 c3', GO_ARGUMENTS)).toEqual({ offset: 4, kind: 'emulated' });
  });

  it('stays before the target of a loop, which would be hit many times a call', () => {
    // sub rsp,8; (loop:) push rbx; test eax,eax; jne loop; ret
    expect(place('4883ec08 53 85c0 75fb c3', C_ARGUMENTS)).toEqual({ offset: 0, kind: 'stepped' });
  });

  it('does not go beyond the first branch or call', () => {
    // mov eax,1; jmp *rax; push rbx
    expect(place('b801000000 ffe0 53', C_ARGUMENTS)).toEqual({ offset: 0, kind: 'stepped' });
  });

  it('does not count instructions with prefixes among the emulated ones', () => {
    // rep nop (PAUSE); push with 66; nop
    expect(place('f390 6650 90 c3', C_ARGUMENTS)).toEqual({ offset: 4, kind: 'emulated' });
  });

  it('refuses a function that cannot be decoded from its first byte to its last', () => {
    expect(place('55 06', C_ARGUMENTS)).toBeUndefined();
    expect(place('55 e800', C_ARGUMENTS)).toBeUndefined();
    expect(place('', C_ARGUMENTS)).toBeUndefined();
  });
});
