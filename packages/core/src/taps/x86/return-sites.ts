import { walkFunction } from './function-walk.ts';

/** Offsets of the RET instructions of a function; undefined where it cannot be decoded from its first byte to its last. */
export function findReturns(code: Uint8Array): readonly number[] | undefined {
  const returns: number[] = [];
  const isWhole = walkFunction(code, ({ map, opcode }, at) => {
    if (map === 1 && (opcode === 0xc3 || opcode === 0xc2)) returns.push(at);
  });
  return isWhole ? returns : undefined;
}
