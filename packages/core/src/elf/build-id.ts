import { type ElfFile, SEGMENT_NOTE } from './elf-file.ts';

const TYPE_BUILD_ID = 3;
const LONGEST_NOTES = 64 * 1024;

/** The GNU build id in hexadecimal: the same for files with the same content, whatever their names. */
export function readBuildId(elf: ElfFile): string | undefined {
  for (const segment of elf.segments) {
    if (segment.type !== SEGMENT_NOTE) continue;
    const { offset, size } = elf.range(segment, LONGEST_NOTES);
    const notes = elf.file.read(offset, size);
    const id = notes === undefined ? undefined : buildIdIn(notes);
    if (id !== undefined) return id;
  }
  return undefined;
}

function buildIdIn(notes: Buffer): string | undefined {
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameBytes = notes.readUInt32LE(at);
    const valueBytes = notes.readUInt32LE(at + 4);
    const valueAt = at + 12 + align(nameBytes);
    const isBuildId =
      notes.readUInt32LE(at + 8) === TYPE_BUILD_ID && notes.toString('latin1', at + 12, at + 15) === 'GNU';
    if (isBuildId && valueAt + valueBytes <= notes.length) return notes.toString('hex', valueAt, valueAt + valueBytes);
    at = valueAt + align(valueBytes);
  }
  return undefined;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
