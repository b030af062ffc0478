// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the structs and enums of a little-endian ELF64 object's `.BTF` section
 * (Documentation/bpf/btf.rst in the kernel tree).
 */

const BTF_MAGIC = 0xeb9f;
const KIND = { STRUCT: 4, UNION: 5, ENUM: 6, ENUM64: 19 };
/** Bytes that follow a type's 12-byte head, by kind: fixed part, and part per member. Kinds not listed have none. */
const TRAILING = {
  1: [4, 0], // INT
  3: [12, 0], // ARRAY
  4: [0, 12], // STRUCT
  5: [0, 12], // UNION
  6: [0, 8], // ENUM
  13: [0, 8], // FUNC_PROTO
  14: [4, 0], // VAR
  15: [0, 12], // DATASEC
  17: [4, 0], // DECL_TAG
  19: [0, 12], // ENUM64
};

/** @returns {Buffer} the contents of the named section */
export function elfSection(elf, name) {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) throw new Error('not an ELF file');
  const headers = Number(elf.readBigUInt64LE(0x28));
  const headerSize = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const section = (index) => {
    const at = headers + index * headerSize;
    const offset = Number(elf.readBigUInt64LE(at + 24));
    return { name: elf.readUInt32LE(at), data: elf.subarray(offset, offset + Number(elf.readBigUInt64LE(at + 32))) };
  };
  const names = section(elf.readUInt16LE(0x3e)).data;
  for (let index = 0; index < count; index++) {
    const found = section(index);
    if (cString(names, found.name) === name) return found.data;
  }
  throw new Error(`no ${name} section`);
}

/**
 * @returns {{ structs: Map<string, { size: number, members: { name: string, offset: number }[] }>,
 *             enums: Map<string, { name: string, value: number }[]> }}
 */
export function readBtf(btf) {
  if (btf.readUInt16LE(0) !== BTF_MAGIC) throw new Error('not little-endian BTF');
  const body = btf.readUInt32LE(4);
  const types = btf.subarray(body + btf.readUInt32LE(8)).subarray(0, btf.readUInt32LE(12));
  const strings = btf.subarray(body + btf.readUInt32LE(16)).subarray(0, btf.readUInt32LE(20));
  const structs = new Map();
  const enums = new Map();
  for (let at = 0; at < types.length; ) {
    const name = cString(strings, types.readUInt32LE(at));
    const info = types.readUInt32LE(at + 4);
    const size = types.readUInt32LE(at + 8);
    const kind = (info >>> 24) & 0x1f;
    const members = info & 0xffff;
    const hasBitfields = info >>> 31 === 1;
    const [fixed, each] = TRAILING[kind] ?? [0, 0];
    const first = at + 12 + fixed;
    const rows = Array.from({ length: each === 0 ? 0 : members }, (_, index) => first + index * each);
    if (kind === KIND.STRUCT) {
      const bitOffset = (row) => types.readUInt32LE(row + 8) & (hasBitfields ? 0xffffff : 0xffffffff);
      structs.set(name, {
        size,
        members: rows.map((row) => ({ name: cString(strings, types.readUInt32LE(row)), offset: bitOffset(row) / 8 })),
      });
    } else if (kind === KIND.ENUM) {
      enums.set(
        name,
        rows.map((row) => ({ name: cString(strings, types.readUInt32LE(row)), value: types.readInt32LE(row + 4) })),
      );
    }
    at = first + rows.length * each;
  }
  return { structs, enums };
}

function cString(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
