import type { ElfFile, ElfSection } from './elf-file.ts';

/** Whether a section holds a text within its first `limitBytes`. */
export function sectionContains(elf: ElfFile, section: ElfSection, text: string, limitBytes: number): boolean {
  const needle = Buffer.from(text, 'latin1');
  let isThere = false;
  elf.file.pieces(elf.range(section, limitBytes), needle.length, (bytes) => {
    isThere = bytes.includes(needle);
    return !isThere;
  });
  return isThere;
}
