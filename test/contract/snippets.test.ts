// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'packages/*/README.md',
  'examples/*/README.md',
  'docs/*.md',
];
/** A snippet need not use what it declares, and its own files are no project. */
const OPTIONS: ts.CompilerOptions = {
  ...baseOptions(),
  noEmit: true,
  composite: false,
  incremental: false,
  declaration: false,
  declarationMap: false,
  isolatedDeclarations: false,
  rewriteRelativeImportExtensions: false,
  allowImportingTsExtensions: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  paths: Object.fromEntries(
    ['core', 'exporters', 'k8s'].map((name) => [`@beyla/${name}`, [join(root, `packages/${name}/src/index.ts`)]]),
  ),
};

interface Snippet {
  /** Where it is written, as `path:line`. */
  readonly place: string;
  readonly text: string;
}

const snippets = [...PAGES.flatMap(expand).flatMap(inMarkdown), ...sources().flatMap(inDocstrings)];
const troubles = compile(snippets);

describe('TypeScript in the documentation', () => {
  it('is there: on the front page, in the packages’ own pages and in docstrings', () => {
    const places = snippets.map(({ place }) => place.replace(/:\d+$/, ''));
    expect(places).toEqual(
      expect.arrayContaining(['README.md', 'packages/core/README.md', 'packages/core/src/beyla.ts']),
    );
  });

  it.each(snippets)('compiles at $place', ({ place }) => {
    expect(troubles.get(place) ?? []).toEqual([]);
  });
});

function inMarkdown(path: string): Snippet[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    place: `${path}:${lineOf(text, match.index)}`,
    text: match[1] ?? '',
  }));
}

function inDocstrings(path: string): Snippet[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map((match) => ({
    place: `${path}:${lineOf(text, match.index)}`,
    text: (match[1] ?? '').replace(/^ *\* ?/gm, ''),
  }));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function sources(): string[] {
  return ['core', 'exporters', 'k8s'].flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => `packages/${name}/src/${path}`),
  );
}

/** `*` stands for one folder or for the files of one folder. */
function expand(pattern: string): string[] {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return [pattern];
  return readdirSync(join(root, before))
    .map((name) => (after.startsWith('/') ? `${before}${name}${after}` : `${before}${name}`))
    .filter((path) => path.endsWith('.md') && ts.sys.fileExists(join(root, path)));
}

/** Errors by place: all snippets in one program, each a module of its own that only exists in memory. */
function compile(all: readonly Snippet[]): Map<string, string[]> {
  const places = new Map(all.map(({ place }, index) => [join(root, `test/contract/snippet-${index}.ts`), place]));
  const texts = new Map([...places.keys()].map((file, index) => [file, `${all[index]?.text}\nexport {};\n`]));
  const host = ts.createCompilerHost(OPTIONS);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.getSourceFile = (file, options, ...rest) => {
    const text = texts.get(file);
    return text === undefined ? getSourceFile(file, options, ...rest) : ts.createSourceFile(file, text, options);
  };
  const program = ts.createProgram([...texts.keys()], OPTIONS, host);
  const found = new Map<string, string[]>();
  for (const [file, place] of places) {
    const source = program.getSourceFile(file);
    const errors = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const messages = errors.map(({ messageText, start }) => {
      const line = source?.text.slice(0, start).split('\n').at(-1) ?? '';
      return `${ts.flattenDiagnosticMessageText(messageText, '\n')} (after: ${line.trim()})`;
    });
    found.set(place, messages);
  }
  return found;
}

function baseOptions(): ts.CompilerOptions {
  const path = join(root, 'tsconfig.base.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root).options;
}
