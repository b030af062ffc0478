import type { Kind } from '../kinds.ts';

/** A key with a value of its own. */
export interface Leaf {
  readonly form: 'leaf';
  readonly kind: Kind;
  /** What it means, for documentation and editors. */
  readonly meaning: string;
  /** Variables that set it; the first one that is set wins. `BEYLA_X` stands for `OTEL_EBPF_X` as well. */
  readonly env: readonly string[];
  /** In the form of TypeScript; undefined: no value. */
  readonly default: unknown;
  /** Has no place in files: only variables set it. */
  readonly envOnly: boolean;
  /** Must not be shown. */
  readonly secret: boolean;
  /** Why the key has no effect here; undefined: it has. */
  readonly inert: string | undefined;
  /** What is different from Beyla for this value; undefined: nothing. */
  readonly caveat: ((value: never) => string | undefined) | undefined;
  /** The same for documentation, of all values. */
  readonly limits: string | undefined;
}

/** A mapping with these keys and no others. */
export interface Section {
  readonly form: 'section';
  readonly meaning: string;
  readonly fields: Readonly<Record<string, Node>>;
  /** Its name in TypeScript, where it occurs more than once. */
  readonly typeName: string | undefined;
}

/** A list of mappings; variables set none of their keys. */
export interface SectionList {
  readonly form: 'list';
  readonly meaning: string;
  readonly item: Section;
  readonly default: readonly object[];
  readonly inert: string | undefined;
}

/** A mapping from words of the user's choice to mappings. */
export interface SectionMap {
  readonly form: 'map';
  readonly meaning: string;
  readonly item: Section;
  readonly inert: string | undefined;
}

export type Node = Leaf | Section | SectionList | SectionMap;

/** What a leaf may have beside its kind and meaning. */
export interface LeafParts<T> {
  readonly env?: string | readonly string[];
  readonly default?: T;
  readonly envOnly?: true;
  readonly secret?: true;
  readonly inert?: string;
  readonly caveat?: (value: T) => string | undefined;
  readonly limits?: string;
}

export function leaf<T>(kind: Kind<T>, meaning: string, parts: LeafParts<T> = {}): Leaf {
  const { env = [] } = parts;
  return {
    form: 'leaf',
    kind: kind as Kind,
    meaning,
    env: typeof env === 'string' ? [env] : env,
    default: parts.default,
    envOnly: parts.envOnly ?? false,
    secret: parts.secret ?? false,
    inert: parts.inert,
    caveat: parts.caveat,
    limits: parts.limits,
  };
}

export function section(meaning: string, fields: Readonly<Record<string, Node>>, typeName?: string): Section {
  return { form: 'section', meaning, fields, typeName };
}

export function sectionList(
  meaning: string,
  item: Section,
  parts: { readonly default?: readonly object[]; readonly inert?: string } = {},
): SectionList {
  return { form: 'list', meaning, item, default: parts.default ?? [], inert: parts.inert };
}

export function sectionMap(meaning: string, item: Section, inert?: string): SectionMap {
  return { form: 'map', meaning, item, inert };
}
