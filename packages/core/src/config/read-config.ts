import { nearest } from '../options/nearest.ts';
import type { ConfigSource, Given, GivenMap } from './given.ts';
import { failAt, invalidAt, placeOf } from './given.ts';
import { environmentOf } from './read-environment.ts';
import type { Leaf, Node, Section } from './schema/node.ts';
import { pathsOf } from './schema-paths.ts';
import type { Environment } from './substitute.ts';

/**
 * Something that was accepted and does not do what the same key does in Beyla.
 *
 * @public
 */
export interface ConfigWarning {
  /** The key, `otel_traces_export.sampler.name`, or the name of a variable. */
  readonly path: string;
  readonly source: ConfigSource;
  /** What happens instead, in one sentence with the place and the key. */
  readonly message: string;
}

/** Reads values by a schema, and remembers where each one came from and what there is to warn of. */
export class ConfigReader {
  readonly warnings: ConfigWarning[] = [];
  /** Of everything that was given, lists and mappings included, by its path. */
  readonly sources: Map<string, ConfigSource> = new Map();
  readonly #schema: Section;
  readonly #env: Environment;

  constructor(schema: Section, env: Environment) {
    this.#schema = schema;
    this.#env = env;
  }

  /** The whole configuration, with defaults. */
  read(given: GivenMap): object {
    return this.#section(this.#schema, given, '', true);
  }

  warn(path: string, source: ConfigSource, what: string): void {
    this.warnings.push({ path, source, message: `${placeOf(source)}: \`${path}\`: ${what}` });
  }

  /** Inside of lists there are neither variables nor defaults. */
  #section(section: Section, given: Given | undefined, path: string, isGlobal: boolean): object {
    const entries = given === undefined ? undefined : this.#entries(section, given, path);
    const result: Record<string, unknown> = {};
    for (const [key, node] of Object.entries(section.fields)) {
      const at = join(path, key);
      const value = this.#node(node, entries?.get(key)?.value, at, isGlobal, entries?.get(key)?.keySource);
      if (value !== undefined) result[key] = value;
    }
    return Object.freeze(result);
  }

  #entries(section: Section, given: Given, path: string): GivenMap['entries'] {
    if (given.form !== 'map') return invalidAt(given, path, 'a mapping');
    const keys = Object.keys(section.fields).filter((key) => !isEnvOnly(section.fields[key] as Node));
    for (const [key, { keySource }] of given.entries) {
      if (!keys.includes(key)) failAt(keySource, 'UNKNOWN_OPTION', this.#unknown(path, key, keys));
    }
    return given.entries;
  }

  #unknown(path: string, key: string, keys: readonly string[]): string {
    // The right key in the wrong place is more likely than a typo that happens to be a key.
    const elsewhere = pathsOf(this.#schema).find((known) => known === key || known.endsWith(`.${key}`));
    const meant = elsewhere ?? join(path, nearest(key, keys) ?? '');
    return `unknown key \`${join(path, key)}\`; the nearest one is \`${meant}\``;
  }

  #node(node: Node, given: Given | undefined, path: string, isGlobal: boolean, keySource?: ConfigSource): unknown {
    const isGiven = given !== undefined && !(given.form === 'scalar' && given.value === null);
    if (isGiven) this.sources.set(path, given.source);
    switch (node.form) {
      case 'leaf':
        return this.#leaf(node, isGiven ? given : undefined, path, isGlobal);
      case 'section':
        // A section inside of an entry is there only if it was given.
        return isGiven || isGlobal ? this.#section(node, isGiven ? given : undefined, path, isGlobal) : undefined;
      case 'list': {
        if (!isGiven) return node.default;
        if (given.form !== 'list') return invalidAt(given, path, 'a list');
        if (node.inert !== undefined) this.warn(path, keySource ?? given.source, `no effect: ${node.inert}`);
        return Object.freeze(given.items.map((item, index) => this.#item(node.item, item, `${path}[${index}]`)));
      }
      case 'map': {
        if (!isGiven) return Object.freeze({});
        if (given.form !== 'map') return invalidAt(given, path, 'a mapping');
        if (node.inert !== undefined) this.warn(path, keySource ?? given.source, `no effect: ${node.inert}`);
        const entries = [...given.entries].map(([key, { value }]) => [
          key,
          this.#item(node.item, value, join(path, key)),
        ]);
        return Object.freeze(Object.fromEntries(entries));
      }
    }
  }

  #item(section: Section, given: Given, path: string): object {
    this.sources.set(path, given.source);
    return this.#section(section, given, path, false);
  }

  #leaf(leaf: Leaf, fromFile: Given | undefined, path: string, isGlobal: boolean): unknown {
    const given = (isGlobal ? environmentOf(leaf, this.#env) : undefined) ?? fromFile;
    if (given === undefined) return isGlobal ? leaf.default : undefined;
    this.sources.set(path, given.source);
    const value = leaf.kind.read(given, path);
    const caveat = leaf.caveat?.(value as never);
    if (leaf.inert !== undefined) this.warn(path, given.source, `no effect: ${leaf.inert}`);
    else if (caveat !== undefined) this.warn(path, given.source, caveat);
    return frozen(value);
  }
}

function isEnvOnly(node: Node): boolean {
  if (node.form === 'section') return Object.values(node.fields).every(isEnvOnly);
  return node.form === 'leaf' && node.envOnly;
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) frozen(each);
    Object.freeze(value);
  }
  return value;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
