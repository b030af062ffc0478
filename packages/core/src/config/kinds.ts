import { checkRoutePatterns } from '../decorators/route-matcher.ts';
import { isWildcardChar } from '../decorators/wildcard-char.ts';
import { parseNetwork } from '../options/networks.ts';
import { compileGlob } from '../processes/glob.ts';
import { parsePortList } from '../processes/port-list.ts';
import { compileRegexp } from '../processes/regexp.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { checkedAt, failAt, type Given, invalidAt } from './given.ts';

/** A JSON Schema (draft 7), as far as editors need it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One kind of value: how it is read, what it is in TypeScript and for editors, and how it is written. */
export interface Kind<T = unknown> {
  /** What is expected, for messages and documentation. */
  readonly words: string;
  readonly typeScript: string;
  readonly json: JsonSchema;
  /** Throws a `BeylaError` that names `path` and the place. */
  read(given: Given, path: string): T;
  /** The form that YAML has for it. */
  write(value: T): unknown;
}

function same(value: unknown): unknown {
  return value;
}

export const text: Kind<string> = {
  words: 'a text',
  typeScript: 'string',
  json: { type: ['string', 'number', 'boolean'] },
  // Numbers and words such as `yes` are texts here, as they were written.
  read: (given, path) => (given.form === 'scalar' ? given.text : invalidAt(given, path, text.words)),
  write: same,
};

const TRUE = new Set(['true', 't', '1', 'yes', 'y', 'on']);
const FALSE = new Set(['false', 'f', '0', 'no', 'n', 'off']);

export const boolean: Kind<boolean> = {
  words: 'true or false',
  typeScript: 'boolean',
  json: { type: 'boolean' },
  read(given, path) {
    if (given.form !== 'scalar') return invalidAt(given, path, boolean.words);
    if (typeof given.value === 'boolean') return given.value;
    const word = given.text.toLowerCase();
    if (TRUE.has(word) && typeof given.value === 'string') return true;
    if (FALSE.has(word) && typeof given.value === 'string') return false;
    return invalidAt(given, path, boolean.words);
  },
  write: same,
};

function numeric(words: string, accepts: (value: number) => boolean, json: JsonSchema): Kind<number> {
  return {
    words,
    typeScript: 'number',
    json,
    read(given, path) {
      const isNumber = given.form === 'scalar' && (typeof given.value === 'number' || /^[-+.\d]/.test(given.text));
      if (!isNumber || (typeof given.value === 'string' && !given.isText)) return invalidAt(given, path, words);
      const value = Number(given.value);
      return accepts(value) ? value : invalidAt(given, path, words);
    },
    write: same,
  };
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  return numeric(`a whole number ${range}`, (value) => Number.isInteger(value) && value >= min && value <= max, {
    type: 'integer',
    minimum: min,
    ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }),
  });
}

export const number: Kind<number> = numeric('a number', Number.isFinite, { type: 'number' });

export const share: Kind<number> = numeric('a number from 0 to 1', (value) => value >= 0 && value <= 1, {
  type: 'number',
  minimum: 0,
  maximum: 1,
});

/** Milliseconds in TypeScript. */
export function duration(minMs: number = 0): Kind<number> {
  const words = `a duration such as \`500ms\`, \`5s\`, \`1m30s\`${minMs > 0 ? `, at least \`${formatDuration(minMs)}\`` : ''}`;
  return {
    words,
    typeScript: 'number',
    json: { anyOf: [{ type: 'string', pattern: '^([0-9.]+(ns|us|µs|ms|s|m|h))+$|^0$' }, { const: 0 }] },
    read(given, path) {
      const durationMs = given.form === 'scalar' ? parseDuration(given.text) : undefined;
      return durationMs === undefined || durationMs < minMs ? invalidAt(given, path, words) : durationMs;
    },
    write: formatDuration,
  };
}

/** One of a few words; capitals do not matter. */
export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  const expected = `one of ${words.map((word) => `\`${word}\``).join(', ')}`;
  // YAML reads these two words as something else.
  const truths = words.includes('true' as T) ? [true, false] : [];
  return {
    words: expected,
    typeScript: words.map((word) => `'${word}'`).join(' | '),
    json: { enum: [...new Set<unknown>([...words, ...words.map((word) => word.toLowerCase()), ...truths])] },
    read(given, path) {
      const found = given.form === 'scalar' && words.find((word) => word.toLowerCase() === given.text.toLowerCase());
      return found || invalidAt(given, path, expected);
    },
    write: same,
  };
}

/** A text that a check of another part accepts. */
function checkedText(words: string, check: (value: string, path: string) => unknown, json: JsonSchema): Kind<string> {
  return {
    words,
    typeScript: 'string',
    json,
    read(given, path) {
      if (given.form !== 'scalar') return invalidAt(given, path, words);
      checkedAt(given, () => check(given.text, path));
      return given.text;
    },
    write: same,
  };
}

export const ports: Kind<string> = checkedText('ports as `80,443,8000-8999`', parsePortList, {
  type: ['string', 'integer'],
});
export const network: Kind<string> = checkedText('an address or a network as `10.0.0.0/8`', parseNetwork, {
  type: 'string',
});
export const glob: Kind<string> = checkedText('a glob', compileGlob, { type: 'string' });
export const regexp: Kind<string> = checkedText('an RE2 regular expression', compileRegexp, { type: 'string' });

export const wildcardChar: Kind<string> = {
  words: 'one printable ASCII character, but not `/`, `?` or `#`',
  typeScript: 'string',
  json: { type: 'string', maxLength: 1 },
  read(given, path) {
    const written = text.read(given, path);
    return written === '' || isWildcardChar(written) ? written : invalidAt(given, path, wildcardChar.words);
  },
  write: same,
};

/** An endpoint; never quoted in messages, because it may hold credentials. */
export const endpoint: Kind<string> = {
  words: 'a URL that begins with http:// or https://, or a socket as unix:///path',
  typeScript: 'string',
  json: { type: 'string' },
  read(given, path) {
    if (given.form !== 'scalar') return invalidAt(given, path, endpoint.words);
    if (/^https?:\/\//i.test(given.text) && URL.canParse(given.text)) return given.text;
    if (/^unix:(?:\/\/)?[/@]./i.test(given.text)) return given.text;
    return failAt(given.source, 'INVALID_OPTION', `\`${path}\` is no URL; expected ${endpoint.words}`);
  },
  write: same,
};

/** A list; a text from a variable is split at its commas. */
export function listOf<T>(item: Kind<T>): Kind<readonly T[]> {
  const words = `a list of ${item.words.replace(/^an? /, '')}`;
  return {
    words,
    typeScript: `readonly ${/^[\w<>]+$/.test(item.typeScript) ? item.typeScript : `(${item.typeScript})`}[]`,
    json: { type: 'array', items: item.json },
    read(given, path) {
      if (given.form === 'list') return given.items.map((each, index) => item.read(each, `${path}[${index}]`));
      if (given.form !== 'scalar' || !given.isText) return invalidAt(given, path, words);
      const parts = given.text.split(',').map((part) => part.trim());
      return parts
        .filter((part) => part !== '')
        .map((part, index) => item.read({ ...given, value: part, text: part }, `${path}[${index}]`));
    },
    write: (value) => value.map((each) => item.write(each)),
  };
}

/** Upper bounds of buckets. */
export const bounds: Kind<readonly number[]> = {
  ...listOf(number),
  words: 'a list of numbers, each above the one before',
  read(given, path) {
    const list = listOf(number).read(given, path);
    const isAscending = list.every((bound, index) => index === 0 || bound > (list[index - 1] as number));
    return isAscending ? list : invalidAt(given, path, bounds.words);
  },
};

export const routePatterns: Kind<readonly string[]> = {
  ...listOf(text),
  words: 'a list of route patterns',
  read(given, path) {
    const patterns = listOf(text).read(given, path);
    checkedAt(given, () => checkRoutePatterns(patterns, path));
    return patterns;
  },
};

/** A mapping whose keys the user chooses. */
export function mapOf<T>(item: Kind<T>): Kind<Readonly<Record<string, T>>> {
  const words = `a mapping to ${item.words}`;
  return {
    words,
    typeScript: `Readonly<Record<string, ${item.typeScript}>>`,
    json: { type: 'object', additionalProperties: item.json },
    read(given, path) {
      if (given.form !== 'map') return invalidAt(given, path, words);
      return Object.fromEntries(
        [...given.entries].map(([key, { value }]) => [key, item.read(value, `${path}.${key}`)]),
      );
    },
    write: (value) => Object.fromEntries(Object.entries(value).map(([key, each]) => [key, item.write(each)])),
  };
}

/** `name=value,name=value`, names and values percent-encoded (OpenTelemetry's variables). */
export const headers: Kind<Readonly<Record<string, string>>> = {
  words: 'headers as `name=value,name=value`',
  typeScript: 'Readonly<Record<string, string>>',
  json: { type: 'string' },
  read(given, path) {
    const fail = (): never =>
      failAt(given.source, 'INVALID_OPTION', `\`${path}\` is no list of headers; expected ${headers.words}`);
    if (given.form !== 'scalar') return fail();
    const pairs = given.text.split(',').filter((pair) => pair.trim() !== '');
    return Object.fromEntries(
      pairs.map((pair) => {
        const equals = pair.indexOf('=');
        if (equals < 1) return fail();
        try {
          return [decodeURIComponent(pair.slice(0, equals).trim()), decodeURIComponent(pair.slice(equals + 1).trim())];
        } catch {
          return fail();
        }
      }),
    );
  },
  write: same,
};

/** Anything: a part of Beyla's configuration that is not looked into. */
export const anything: Kind<unknown> = {
  words: 'anything',
  typeScript: 'unknown',
  json: {},
  read: plain,
  write: same,
};

function plain(given: Given): unknown {
  if (given.form === 'scalar') return given.value;
  if (given.form === 'list') return given.items.map(plain);
  return Object.fromEntries([...given.entries].map(([key, { value }]) => [key, plain(value)]));
}
