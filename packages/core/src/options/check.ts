import { BeylaError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** Turns what a user passed at `path` into what the library works with, or throws a `BeylaError` that names the path. */
export type Check<T> = (value: unknown, path: string) => T;

/** A check for each key; that of an optional one may answer undefined. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Check<Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K]>;
};

/** Throws `INVALID_OPTION` with what was got and what is expected. */
export function invalid(value: unknown, path: string, expected: string): never {
  const got = value === undefined ? 'is missing' : `is ${describe(value)}`;
  throw new BeylaError('INVALID_OPTION', `\`${path}\` ${got}; expected ${expected}`);
}

/** An object with these keys and no others; the result is frozen and has no key whose value is undefined. */
export function object<T extends object>(fields: Fields<T>): Check<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  return (value, path) => {
    const given = path === '' ? 'options' : path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid(value, given, 'an object');
    for (const key of Object.keys(value)) {
      if (keys.includes(key as keyof T & string)) continue;
      throw new BeylaError(
        'UNKNOWN_OPTION',
        `unknown option \`${join(path, key)}\`; the nearest one is \`${join(path, nearest(key, keys) ?? '')}\``,
      );
    }
    const result: Partial<T> = {};
    for (const key of keys) {
      const resolved = fields[key]((value as Record<string, unknown>)[key], join(path, key));
      if (resolved !== undefined) result[key] = resolved as T[typeof key];
    }
    return Object.freeze(result) as T;
  };
}

/** What is left out is `fallback`. */
export function optional<T, F extends T | undefined>(check: Check<T>, fallback: F): Check<T | F> {
  return (value, path) => (value === undefined ? fallback : check(value, path));
}

/** A list, empty ones allowed; the result is a frozen copy. */
export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? Object.freeze(value.map((item, index) => check(item, `${path}[${index}]`)))
      : invalid(value, path, 'a list');
}

/** A list that is not empty. */
export function someOf<T>(check: Check<T>): Check<readonly T[]> {
  const list = listOf(check);
  return (value, path) => {
    const resolved = list(value, path);
    return resolved.length > 0 ? resolved : invalid(value, path, 'at least one element');
  };
}

/** A whole number in a range, in a unit, that may have to meet a further condition. */
export function integer(
  min: number,
  max: number,
  unit: string,
  further?: { readonly holds: (value: number) => boolean; readonly words: string },
): Check<number> {
  const kind = further === undefined ? 'a whole number' : further.words;
  return (value, path) => {
    const isInRange = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    if (isInRange && (further === undefined || further.holds(value))) return value;
    return invalid(value, path, `${kind} of ${unit} from ${min} to ${max}`);
  };
}

export const boolean: Check<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : invalid(value, path, 'true or false');

export const text: Check<string> = (value, path) =>
  typeof value === 'string' && value !== '' ? value : invalid(value, path, 'a text that is not empty');

/** One of a few words. */
export function oneOf<T extends string>(...words: readonly T[]): Check<T> {
  const expected = `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`;
  return (value, path) => (words.includes(value as T) ? (value as T) : invalid(value, path, expected));
}

/** An object that is used as it is and has these methods. */
export function withMethods<T extends object>(kind: string, ...methods: readonly (keyof T & string)[]): Check<T> {
  return (value, path) => {
    const isOne = typeof value === 'object' && value !== null && methods.every((method) => method in value);
    return isOne ? (value as T) : invalid(value, path, `${kind} (an object with ${methods.join(', ')})`);
  };
}

/** A function, used as it is. */
export function functionLike<T>(expected: string): Check<T> {
  return (value, path) => (typeof value === 'function' ? (value as T) : invalid(value, path, expected));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const quoted = JSON.stringify(value);
      return quoted.length > 60 ? `${quoted.slice(0, 56)}…"` : quoted;
    }
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}
