// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));

/** Every folder of packages/core/src may import these files beside it. */
const COMMON = [
  'beyla-stats.ts',
  'component.ts',
  'counters.ts',
  'deadline.ts',
  'errors.ts',
  'lifecycle.ts',
  'recent-growth.ts',
];

/**
 * Which folders a folder of packages/core/src may import, tests and `testing` aside. In the order of the arrow of ARCHITECTURE.md; the
 * files outside of folders put the stages together and may import all of them.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // Bytes to records: knows nobody.
  events: [],
  // Records to turns; endpoints are words of the spans.
  connections: ['events', 'spans'],
  // Turns to exchanges: no kernel, no processes, no spans.
  protocols: ['connections', 'events'],
  // Exchanges to spans.
  spans: ['processes', 'protocols'],
  // What executable files say of themselves: knows nobody.
  elf: [],
  // Selectors to processes; who acts on them is a `ProcessSink`. What the kernel calls a file is laid out as in its records.
  processes: ['elf', 'events', 'options'],
  // Where probes go in the files of processes; who attaches them is a `ProbeAttacher`.
  taps: ['elf', 'options', 'processes'],
  // The only one that talks to the addon. It fulfils what connections and processes ask for.
  kernel: ['connections', 'events', 'options', 'processes', 'spans', 'taps'],
  // A source without a kernel; what it records it must understand, to mask it.
  recording: ['connections', 'events', 'kernel', 'processes', 'protocols', 'spans'],
  decorators: ['options', 'processes', 'spans'],
  // A decorator that decides what is kept.
  sampling: ['decorators', 'processes', 'spans'],
  pipeline: ['decorators', 'processes', 'spans'],
  // What the user may write; the types of what is handed in.
  options: ['decorators', 'pipeline', 'processes', 'sampling'],
  // The same as a file and environment variables.
  config: ['decorators', 'options', 'processes'],
  doctor: ['kernel', 'options'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** It is still there when the types are gone. */
  readonly isValue: boolean;
}

function sourcesOf(name: string): string[] {
  return readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing/'),
  );
}

function importsOf(name: string): Import[] {
  return sourcesOf(name).flatMap((from) => {
    const text = readFileSync(join(packages, name, 'src', from), 'utf8');
    const { statements } = ts.createSourceFile(from, text, ts.ScriptTarget.Latest);
    const found: Import[] = [];
    for (const statement of statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
      if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
      const { text: to } = statement.moduleSpecifier;
      found.push({
        from,
        to: to.startsWith('.') ? normalize(join(dirname(from), to)) : to,
        isValue: ts.isImportDeclaration(statement)
          ? statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword
          : !statement.isTypeOnly,
      });
    }
    return found;
  });
}

const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
const core = importsOf('core');

describe('packages/core/src', () => {
  it('has a row in the table for every folder', () => {
    const folders = new Set(sourcesOf('core').map(folderOf));
    folders.delete('');
    // A folder that is only planned needs no code yet.
    expect(Object.keys(ALLOWED)).toEqual(expect.arrayContaining([...folders]));
  });

  it.each(Object.entries(ALLOWED))('%s imports only %j', (folder, allowed) => {
    const foreign = core.filter(
      ({ from, to }) => folderOf(from) === folder && to.endsWith('.ts') && folderOf(to) !== folder,
    );
    const wrong = foreign.filter(({ to }) => ![...allowed, ...COMMON].includes(folderOf(to) || to));
    expect(wrong).toEqual([]);
  });

  it('talks to the addon in kernel/ only', () => {
    const users = core.filter(({ to }) => to === '@beyla/native').map(({ from }) => folderOf(from));
    expect(new Set(users)).toEqual(new Set(['kernel']));
  });

  it('does not import what is for tests', () => {
    expect(core.filter(({ to }) => folderOf(to) === 'testing' || to.endsWith('.test.ts'))).toEqual([]);
  });

  it('has no circle of imports at run time', () => {
    expect(circlesIn(core.filter(({ isValue }) => isValue))).toEqual([]);
  });
});

describe.each(['exporters', 'k8s'])('packages/%s/src', (name) => {
  const imports = importsOf(name);

  it('knows of the other packages only what @beyla/core exports', () => {
    const ours = imports.filter(({ to }) => to.startsWith('@beyla/')).map(({ to }) => to);
    expect(new Set(ours)).toEqual(ours.length === 0 ? new Set() : new Set(['@beyla/core']));
    expect(imports.filter(({ to }) => to.startsWith('..'))).toEqual([]);
  });

  it('has no circle of imports at run time', () => {
    expect(circlesIn(imports.filter(({ isValue }) => isValue))).toEqual([]);
  });
});

/** Each circle once, as the files it goes through. */
function circlesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to.endsWith('.ts')) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at !== -1) circles.push([...path.slice(at), file]);
    if (at !== -1 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}
