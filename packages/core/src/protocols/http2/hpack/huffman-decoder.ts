import { CODE_BITS, CODES, END_OF_STRING } from './huffman-code.ts';

/**
 * The code as an automaton that eats four bits at a time: no code has fewer than five, so a step completes one symbol at most. An entry is
 * the next state, with these bits.
 */
const EMITS = 1 << 8;
const FAILS = 1 << 9;
const SYMBOL_SHIFT = 10;
const STATES = 256;
const STEPS = new Int32Array(STATES * 16);
/** States in which the text may end: fewer than eight bits since the last symbol, all of them ones. */
const MAY_END = new Uint8Array(STATES);

buildAutomaton();

/** Inner nodes of the code's tree are the states, the root is 0. */
function buildAutomaton(): void {
  const children = new Int16Array(STATES * 2);
  let nodes = 1;
  for (let symbol = 0; symbol < CODES.length; symbol++) {
    let node = 0;
    for (let bit = (CODE_BITS[symbol] ?? 0) - 1; bit > 0; bit--) {
      const edge = node * 2 + (((CODES[symbol] ?? 0) >>> bit) & 1);
      if (children[edge] === 0) children[edge] = nodes++;
      node = children[edge] ?? 0;
    }
    // A leaf: below zero, so that it is no node.
    children[node * 2 + ((CODES[symbol] ?? 0) & 1)] = -1 - symbol;
  }
  for (let node = 0, depth = 0; depth < 8; depth++) {
    MAY_END[node] = 1;
    node = children[node * 2 + 1] ?? 0;
  }
  for (let state = 0; state < STATES; state++) {
    for (let nibble = 0; nibble < 16; nibble++) STEPS[state * 16 + nibble] = stepFrom(children, state, nibble);
  }
}

function stepFrom(children: Int16Array, state: number, nibble: number): number {
  let node = state;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node * 2 + ((nibble >>> bit) & 1)] ?? 0;
    if (child === -1 - END_OF_STRING) return FAILS;
    if (child < 0) emitted = EMITS | ((-1 - child) << SYMBOL_SHIFT);
    node = Math.max(child, 0);
  }
  return node | emitted;
}

/**
 * Decodes `bytes[start..end)` into `out`, which has room for twice as many bytes; returns how many it wrote, or -1 where the bytes are no text
 * in this code.
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let state = 0;
  let length = 0;
  let failed = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    const first = STEPS[(state << 4) | (byte >>> 4)] ?? 0;
    if ((first & EMITS) !== 0) out[length++] = first >>> SYMBOL_SHIFT;
    const second = STEPS[((first & 0xff) << 4) | (byte & 15)] ?? 0;
    if ((second & EMITS) !== 0) out[length++] = second >>> SYMBOL_SHIFT;
    failed |= first | second;
    state = second & 0xff;
  }
  return (failed & FAILS) !== 0 || MAY_END[state] === 0 ? -1 : length;
}
