import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { LRUCache } from 'lru-cache';
import { sectionContains } from '../elf/contains-text.ts';
import { ElfFile } from '../elf/elf-file.ts';
import type { Language } from './process.ts';
import type { ProcFs } from './procfs.ts';

const BY_EXECUTABLE_NAME: readonly (readonly [RegExp, Language])[] = [
  [/^(python|pypy)[0-9.]*$/, 'python'],
  [/^(node|nodejs)[0-9.]*$/, 'nodejs'],
  [/^ruby[0-9.]*$/, 'ruby'],
  [/^java$/, 'java'],
  [/^dotnet$/, 'dotnet'],
  [/^php[0-9.]*$|^php-(fpm|cgi)[0-9.]*$/, 'php'],
];

/**
 * Programs whose file, or what they are linked with, would tell a language that their users do not write: virtual machines for languages that
 * have no word here, and servers in C beside libraries in C++.
 */
const NO_LANGUAGE = /^(beam(\.smp)?|bun(\.exe)?|deno|perl[0-9.]*|h2o|haproxy|varnishd)$/;

const BY_LIBRARY: readonly (readonly [RegExp, Language])[] = [
  [/\/libcoreclr\.so/, 'dotnet'],
  [/\/libjvm\.so/, 'java'],
  [/\/libpython[0-9.]+.*\.so/, 'python'],
  [/\/libruby[-0-9.]*.*\.so/, 'ruby'],
  [/\/libnode\.so/, 'nodejs'],
  [/\/libphp[0-9.]*\.so/, 'php'],
];

/** Names of libraries among the strings of the dynamic section; they are there before the loader has loaded anything. */
const BY_NEEDED: readonly (readonly [string, Language])[] = [
  ['libcoreclr.so', 'dotnet'],
  ['libjvm.so', 'java'],
  ['libpython3', 'python'],
  ['libruby', 'ruby'],
  ['libnode.so', 'nodejs'],
  ['libstdc++.so', 'cpp'],
  ['libc++.so', 'cpp'],
];
const NEEDED_SEARCH_BYTES = 256 * 1024;

/** What a runtime that is loaded as a library overrules. */
const WEAK: ReadonlySet<Language> = new Set(['generic', 'rust', 'cpp']);
const GO_SECTIONS = ['.go.buildinfo', '.note.go.buildid', '.gopclntab'];
const LONGEST_MAPS = 1024 * 1024;
/** Where a stripped Rust program still names its standard library's sources; panics do, near the start. */
const RUST_SEARCH_BYTES = 2 * 1024 * 1024;

/**
 * Tells in which language a process is written. The order makes a Go program called `node` Go: what the executable file says of
 * itself, then its name, then the libraries it has loaded. A library of C++ among them says nothing: half of the libraries in C use one that does.
 *
 * Answers about files are kept for the 1024 last used executables by device, inode and modification time.
 */
export class LanguageDetector {
  readonly #proc: ProcFs;
  readonly #files = new LRUCache<string, Language>({ max: 1024 });
  /** Executables that were opened and not found in the cache. */
  filesRead = 0;

  constructor(proc: ProcFs) {
    this.#proc = proc;
  }

  /** Looks at the executable only; may be asked about any process. `generic` when that does not tell. */
  ofExecutable(pid: number, executable: string): Language {
    const byFile = this.#byFile(pid);
    if (byFile === 'go') return byFile;
    if (NO_LANGUAGE.test(basename(executable))) return 'generic';
    const byName = this.ofName(executable);
    return byName === 'generic' ? byFile : byName;
  }

  /** What the name of an executable says alone. */
  ofName(executable: string): Language {
    const name = basename(executable);
    return BY_EXECUTABLE_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'generic';
  }

  /** Looks at the loaded libraries, too; only for selected processes. */
  ofSelected(pid: number, executable: string): Language {
    const byExecutable = this.ofExecutable(pid, executable);
    if (NO_LANGUAGE.test(basename(executable))) return byExecutable;
    return WEAK.has(byExecutable) ? this.#byLibraries(pid, byExecutable) : byExecutable;
  }

  #byFile(pid: number): Language {
    if (!this.#proc.hasOwnExecutable(pid)) return 'generic';
    let file: number | undefined;
    try {
      file = openSync(`${this.#proc.root}/${this.#proc.directory(pid)}/exe`, 'r');
      const { dev, ino, mtimeMs } = fstatSync(file);
      const key = `${dev}:${ino}:${mtimeMs}`;
      let language = this.#files.get(key);
      if (language === undefined) {
        this.filesRead++;
        language = languageOfFile(file);
        this.#files.set(key, language);
      }
      return language;
    } catch {
      return 'generic';
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  #byLibraries(pid: number, otherwise: Language): Language {
    let language = otherwise;
    this.#proc.lines(`${this.#proc.directory(pid)}/maps`, LONGEST_MAPS, (line) => {
      const path = line.indexOf('/');
      if (path < 0) return true;
      const name = line.slice(path);
      const found = BY_LIBRARY.find(([pattern]) => pattern.test(name))?.[1];
      if (found !== undefined) language = found;
      return found === undefined;
    });
    return language;
  }
}

/** Go and Rust leave marks that survive stripping; other compilers say nothing that could be relied on. */
function languageOfFile(file: number): Language {
  const elf = ElfFile.read(file);
  if (elf === undefined) return 'generic';
  if (GO_SECTIONS.some((name) => elf.section(name) !== undefined)) return 'go';
  const comment = elf.section('.comment');
  if (comment !== undefined && sectionContains(elf, comment, 'rustc version', 4096)) return 'rust';
  const constants = elf.section('.rodata');
  if (constants !== undefined && sectionContains(elf, constants, '/rustc/', RUST_SEARCH_BYTES)) return 'rust';
  const strings = elf.section('.dynstr');
  if (strings === undefined) return 'generic';
  return BY_NEEDED.find(([name]) => sectionContains(elf, strings, name, NEEDED_SEARCH_BYTES))?.[1] ?? 'generic';
}
