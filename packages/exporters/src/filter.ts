import { BeylaError, compileGlob, type ProcessInfo, type Processor, type RequestSpan } from '@beyla/core';
import { KNOWN_ATTRIBUTE_NAMES, KNOWN_ATTRIBUTE_PREFIXES, underscored } from './attribute-names.ts';
import { type AttributeSet, resourceAttributes, spanAttributes } from './attributes.ts';
import type { SemanticConventions } from './semantic-conventions.ts';

/**
 * What one attribute must be like: one glob, or numeric conditions of which all must hold. An attribute that a span does not have is the
 * empty text: no numeric condition but `notEquals` holds for it.
 *
 * @public
 */
export interface AttributeCondition {
  /** Glob that the value must match. */
  match?: string;
  /** Glob that it must not match. */
  notMatch?: string;
  equals?: number;
  notEquals?: number;
  greaterThan?: number;
  greaterEquals?: number;
  lessThan?: number;
  lessEquals?: number;
}

/**
 * Conditions by attribute, all of which a span must meet; names with dots or underscores.
 *
 * @public
 */
export type FilterOptions = Readonly<Record<string, AttributeCondition>>;

type Test = (value: string | number | boolean) => boolean;

type Comparison = (value: number, wanted: number) => boolean;

const NUMERIC: Readonly<Record<string, Comparison>> = {
  equals: (value, wanted) => value === wanted,
  notEquals: (value, wanted) => value !== wanted,
  greaterThan: (value, wanted) => value > wanted,
  greaterEquals: (value, wanted) => value >= wanted,
  lessThan: (value, wanted) => value < wanted,
  lessEquals: (value, wanted) => value <= wanted,
} satisfies Record<Exclude<keyof AttributeCondition, 'match' | 'notMatch'>, Comparison>;

/** Conditions may be on any name that an attribute has. */
const ALL_NAMES: SemanticConventions = { hasOldHttp: false, hasOldRpc: true, hasStableRpc: true };

const KEYS: readonly string[] = ['match', 'notMatch', ...Object.keys(NUMERIC)];

/**
 * A processor that passes on the spans whose attributes meet all conditions, with Beyla's `filter.application` as model. Attributes are those
 * of the exported span and of its resource, as they are after the processors before it. What it takes away the pipeline
 * counts as `filtered`.
 *
 * Errors: UNKNOWN_OPTION for an attribute or a condition that there is not (attributes of your own processors go in `ownAttributes`);
 * INVALID_OPTION for conditions that exclude each other; INVALID_PATTERN for globs.
 *
 * @example
 * ```ts
 * import { createFilter } from '@beyla/exporters';
 * const onlyFailures = createFilter({
 *   'http.response.status_code': { greaterEquals: 500 },
 *   url_path: { notMatch: '/health*' },
 * });
 * const failures = onlyFailures([]);
 * ```
 *
 * @public
 */
export function createFilter(options: FilterOptions, ownAttributes: readonly string[] = []): Processor {
  const conditions = Object.entries(options).map(([attribute, condition]) => ({
    name: canonicalName(attribute, ownAttributes),
    holds: testOf(condition, `filter.${attribute}`),
  }));
  const resources = new WeakMap<ProcessInfo, AttributeSet>();
  const keeps = (span: RequestSpan): boolean => {
    const own = spanAttributes(span, ALL_NAMES);
    return conditions.every(({ name, holds }) => holds(own[name] ?? resourceOf(span.process, resources)[name] ?? ''));
  };
  if (conditions.length === 0) return (spans) => spans;
  return (spans) => (spans.every(keeps) ? spans : spans.filter(keeps));
}

function resourceOf(process: ProcessInfo, resources: WeakMap<ProcessInfo, AttributeSet>): AttributeSet {
  let attributes = resources.get(process);
  if (attributes === undefined) {
    attributes = resourceAttributes(process);
    resources.set(process, attributes);
  }
  return attributes;
}

function canonicalName(attribute: string, ownAttributes: readonly string[]): string {
  const wanted = underscored(attribute);
  for (const name of [...KNOWN_ATTRIBUTE_NAMES, ...ownAttributes]) if (underscored(name) === wanted) return name;
  // Of these not all names are known, so they must be written as they are.
  if (KNOWN_ATTRIBUTE_PREFIXES.some((prefix) => attribute.startsWith(prefix))) return attribute;
  const known = [...KNOWN_ATTRIBUTE_NAMES].join(', ');
  throw new BeylaError('UNKNOWN_OPTION', `filter: no span has the attribute \`${attribute}\`; there are ${known}`);
}

function testOf(condition: AttributeCondition, path: string): Test {
  const given = Object.entries(condition).filter(([, value]) => value !== undefined);
  for (const [key] of given) {
    if (!KEYS.includes(key)) {
      throw new BeylaError('UNKNOWN_OPTION', `\`${path}\` has no condition \`${key}\`; there are ${KEYS.join(', ')}`);
    }
  }
  const { match, notMatch, ...numeric } = condition;
  const globs = [match, notMatch].filter((glob) => glob !== undefined);
  const isNumeric = given.length > globs.length;
  if (globs.length === 2 || given.length === 0 || (globs.length === 1 && isNumeric)) {
    throw new BeylaError(
      'INVALID_OPTION',
      `\`${path}\` needs \`match\`, \`notMatch\`, or numeric conditions, and one of these only`,
    );
  }
  if (match !== undefined) return globTest(match, `${path}.match`, true);
  if (notMatch !== undefined) return globTest(notMatch, `${path}.notMatch`, false);
  return numericTest(numeric, path);
}

function globTest(glob: unknown, path: string, expected: boolean): Test {
  if (typeof glob !== 'string') throw new BeylaError('INVALID_OPTION', `\`${path}\` must be a glob`);
  const matches = compileGlob(glob, path);
  return (value) => matches(String(value)) === expected;
}

function numericTest(condition: AttributeCondition, path: string): Test {
  const tests = Object.entries(condition).flatMap(([key, wanted]: [string, unknown]) => {
    const compare = NUMERIC[key];
    if (compare === undefined || wanted === undefined) return [];
    if (typeof wanted !== 'number' || Number.isNaN(wanted)) {
      throw new BeylaError('INVALID_OPTION', `\`${path}.${key}\` must be a number`);
    }
    return [(value: number) => compare(value, wanted)];
  });
  return (value) => {
    const number = value === '' ? Number.NaN : Number(value);
    return tests.every((holds) => holds(number));
  };
}
