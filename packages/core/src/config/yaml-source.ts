import type { Alias, Document, LineCounter, Node, ParsedNode } from 'yaml';
import { type ConfigSource, failAt, type Given, type GivenMap } from './given.ts';
import { protectReferences, restoreReferences } from './protect-references.ts';
import { type Environment, substitute } from './substitute.ts';

/** Far above any real file, far below what aliases of aliases can grow to. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 64;
const MAX_ALIASES = 1000;
const MAX_CHARACTERS = 4 * 1024 * 1024;

/**
 * Reads YAML 1.2 with merge keys into values that know their places; variables are put into scalars after parsing, so that what a variable
 * holds can never change the structure.
 *
 * @throws BeylaError `INVALID_OPTION` with line and column.
 */
export async function parseYaml(text: string, name: string, env: Environment): Promise<GivenMap> {
  const start: ConfigSource = { from: 'file', name, line: 1, column: 1 };
  if (text.length > MAX_CHARACTERS) {
    return failAt(
      start,
      'INVALID_OPTION',
      `the file has ${text.length} characters; expected at most ${MAX_CHARACTERS}`,
    );
  }
  // Loaded here, so that a program that configures itself in TypeScript does not pay for it.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const protectedText = protectReferences(text);
  // A text that could not be protected must not be restored.
  const restore = protectedText === text ? (part: string): string => part : restoreReferences;
  const document = yaml.parseDocument(protectedText, {
    lineCounter: lines,
    merge: false,
    logLevel: 'silent',
    // It compares each key with all others; the reader below looks them up.
    uniqueKeys: false,
  });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const at = lines.linePos(problem.pos[0]);
    const said = (problem.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    const cure = 'Correct the YAML at this place.';
    return failAt({ ...start, line: at.line, column: at.col }, 'INVALID_OPTION', `the YAML is wrong: ${said}`, cure);
  }
  const targets = targetsOf(yaml, document);
  if (targets.size > MAX_ALIASES) {
    const [last] = [...targets.keys()].slice(MAX_ALIASES);
    const at = lines.linePos(last?.range?.[0] ?? 0);
    return failAt(
      { ...start, line: at.line, column: at.col },
      'INVALID_OPTION',
      `the file has ${targets.size} aliases; expected at most ${MAX_ALIASES}`,
      'Use fewer aliases.',
    );
  }
  const reader = new Reader(yaml, targets, lines, name, (part) => substitute(restore(part), env), restore);
  const given = reader.read(document.contents, 0);
  if (given.form === 'map') return given;
  if (given.form === 'scalar' && given.value === null) return { form: 'map', entries: new Map(), source: start };
  return failAt(given.source, 'INVALID_OPTION', 'the configuration is no mapping; expected `key: value` lines');
}

/** What each alias stands for: the last node before it with its anchor. One walk for all; the library walks the document for each. */
function targetsOf(yaml: typeof import('yaml'), document: Document.Parsed): Map<Alias, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  yaml.visit(document, {
    Node: (_, node) => {
      if (yaml.isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class Reader {
  readonly #yaml: typeof import('yaml');
  readonly #targets: ReadonlyMap<Alias, Node | undefined>;
  readonly #lines: LineCounter;
  readonly #name: string;
  readonly #substituted: (text: string) => string;
  readonly #restored: (text: string) => string;
  #values = 0;

  constructor(
    yaml: typeof import('yaml'),
    targets: ReadonlyMap<Alias, Node | undefined>,
    lines: LineCounter,
    name: string,
    substituted: (text: string) => string,
    restored: (text: string) => string,
  ) {
    this.#yaml = yaml;
    this.#targets = targets;
    this.#lines = lines;
    this.#name = name;
    this.#substituted = substituted;
    this.#restored = restored;
  }

  read(node: ParsedNode | Node | null, depth: number, fallback?: ConfigSource): Given {
    const source = this.#sourceOf(node) ?? fallback ?? { from: 'file', name: this.#name, line: 1, column: 1 };
    if (++this.#values > MAX_VALUES || depth > MAX_DEPTH) {
      return failAt(
        source,
        'INVALID_OPTION',
        'the configuration is too large or refers to itself',
        'Use fewer aliases.',
      );
    }
    const { isAlias, isMap, isSeq, isScalar } = this.#yaml;
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      return target === undefined
        ? failAt(
            source,
            'INVALID_OPTION',
            `nothing before this place has the anchor \`${node.source}\``,
            'Define the anchor before it is used.',
          )
        : this.read(target, depth + 1, source);
    }
    if (isMap(node)) return { form: 'map', entries: this.#entries(node.items, depth), source };
    if (isSeq(node)) {
      return { form: 'list', items: node.items.map((item) => this.read(item as Node, depth + 1, source)), source };
    }
    if (!isScalar(node)) return { form: 'scalar', value: null, text: '', isText: false, source };
    return this.#scalar(node.value, node.source, source);
  }

  #scalar(value: unknown, written: string | undefined, source: ConfigSource): Given {
    const text = written ?? String(value ?? '');
    if (typeof value !== 'string') {
      const known = typeof value === 'number' || typeof value === 'boolean' ? value : null;
      return { form: 'scalar', value: known, text, isText: false, source };
    }
    const substituted = this.#substituted(value);
    const isText = substituted !== this.#restored(value);
    // An empty variable is a key without a value.
    if (isText && substituted === '') return { form: 'scalar', value: null, text: '', isText, source };
    return { form: 'scalar', value: substituted, text: substituted, isText, source };
  }

  #entries(items: readonly { key: unknown; value: unknown }[], depth: number): GivenMap['entries'] {
    const own: [string, { keySource: ConfigSource; value: Given }][] = [];
    const merged: [string, { keySource: ConfigSource; value: Given }][] = [];
    const names = new Set<string>();
    for (const { key, value } of items) {
      const keySource = this.#sourceOf(key as Node);
      const given = this.read(value as Node | null, depth + 1, keySource);
      const name = this.#keyOf(key, depth);
      if (names.has(name)) {
        const cure = 'Correct the YAML at this place.';
        return failAt(keySource ?? given.source, 'INVALID_OPTION', 'the YAML is wrong: Map keys must be unique', cure);
      }
      names.add(name);
      if (name === '<<') merged.push(...mergedEntries(given));
      else own.push([name, { keySource: keySource ?? given.source, value: given }]);
    }
    return new Map([...merged, ...own]);
  }

  #keyOf(key: unknown, depth: number): string {
    const given = this.read(key as Node, depth + 1);
    return given.form === 'scalar'
      ? given.text
      : failAt(given.source, 'INVALID_OPTION', 'a key is no plain word', 'Write keys as words.');
  }

  #sourceOf(node: unknown): ConfigSource | undefined {
    const range = this.#yaml.isNode(node) ? node.range : undefined;
    if (range === undefined || range === null) return undefined;
    const { line, col } = this.#lines.linePos(range[0]);
    return { from: 'file', name: this.#name, line, column: col };
  }
}

/** What `<<: *defaults` brings: of a list, the first map that has a key gives it. */
function mergedEntries(given: Given): [string, { keySource: ConfigSource; value: Given }][] {
  if (given.form === 'map') return [...given.entries];
  if (given.form === 'list') return [...given.items].reverse().flatMap(mergedEntries);
  return failAt(given.source, 'INVALID_OPTION', '`<<` is a scalar; expected a mapping or a list of them');
}
