import { BeylaError, type ErrorCode } from '../errors.ts';

/**
 * Where a configuration value came from: a place in a file, or an environment variable.
 *
 * @public
 */
export interface ConfigSource {
  readonly from: 'file' | 'env';
  /** Path of the file (`<text>` for a text), or name of the variable. */
  readonly name: string;
  /** Line in the file, from 1; 0 for a variable. */
  readonly line: number;
  /** Column in the file, from 1; 0 for a variable. */
  readonly column: number;
}

/** What somebody gave for a key, before it is known whether it is right. */
export type Given = GivenScalar | GivenList | GivenMap;

export interface GivenScalar {
  readonly form: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written. */
  readonly text: string;
  /** Came out of a variable: the text may stand for a value of any kind. */
  readonly isText: boolean;
  readonly source: ConfigSource;
}

export interface GivenList {
  readonly form: 'list';
  readonly items: readonly Given[];
  readonly source: ConfigSource;
}

export interface GivenMap {
  readonly form: 'map';
  readonly entries: ReadonlyMap<string, { readonly keySource: ConfigSource; readonly value: Given }>;
  readonly source: ConfigSource;
}

/** `beyla.yml:3:14`, or the name of a variable. */
export function placeOf(source: ConfigSource): string {
  return source.from === 'env' ? source.name : `${source.name}:${source.line}:${source.column}`;
}

export function failAt(source: ConfigSource, code: ErrorCode, message: string, cure?: string): never {
  throw new BeylaError(code, `${placeOf(source)}: ${message}`, cure === undefined ? {} : { cure });
}

/** Throws `INVALID_OPTION` with what was got and what is expected. */
export function invalidAt(given: Given, path: string, expected: string): never {
  return failAt(given.source, 'INVALID_OPTION', `\`${path}\` is ${describe(given)}; expected ${expected}`);
}

/** Runs a check of another part, whose errors then say the place as well. */
export function checkedAt<T>(given: Given, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof BeylaError)) throw error;
    const message = error.message.slice(0, -(error.cure.length + 2));
    return failAt(given.source, error.code, message, error.cure);
  }
}

function describe(given: Given): string {
  if (given.form === 'map') return 'a mapping';
  if (given.form === 'list') return given.items.length === 0 ? 'an empty list' : 'a list';
  const quoted = JSON.stringify(given.value);
  return quoted.length > 60 ? `${quoted.slice(0, 56)}…"` : quoted;
}
