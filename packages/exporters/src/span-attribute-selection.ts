import { BeylaError, compileGlob } from '@beyla/core';
import { underscored } from './attribute-names.ts';
import type { AttributeSet } from './attributes.ts';

/**
 * Which attributes trace spans have, by globs of names with dots or underscores; Beyla's `attributes.select.traces`.
 *
 * @public
 */
export interface SpanAttributeSelection {
  /** Only these; default all. */
  include?: readonly string[];
  /** Not these, whatever `include` says. */
  exclude?: readonly string[];
}

/** Names come from processors, too: a processor that makes them up must not fill the memory. */
const MOST_NAMES = 1_000;

/** Takes away what is not selected, in place; undefined where all are. Throws UNKNOWN_OPTION, INVALID_OPTION, INVALID_PATTERN. */
export function spanAttributeSelector(
  selection: SpanAttributeSelection = {},
): ((attributes: AttributeSet) => AttributeSet) | undefined {
  for (const key of Object.keys(selection)) {
    if (key === 'include' || key === 'exclude') continue;
    throw new BeylaError('UNKNOWN_OPTION', `\`attributes\` has no \`${key}\`; it takes \`include\` and \`exclude\``);
  }
  const include = anyOf(selection.include, 'attributes.include');
  const exclude = anyOf(selection.exclude, 'attributes.exclude');
  if (include === undefined && exclude === undefined) return undefined;
  const known = new Map<string, boolean>();
  const isSelected = (name: string): boolean => {
    let selected = known.get(name);
    if (selected === undefined) {
      const text = underscored(name);
      selected = include?.(text) !== false && exclude?.(text) !== true;
      if (known.size < MOST_NAMES) known.set(name, selected);
    }
    return selected;
  };
  return (attributes) => {
    for (const name of Object.keys(attributes)) if (!isSelected(name)) delete attributes[name];
    return attributes;
  };
}

/** As in Beyla an empty list is none. */
function anyOf(globs: readonly string[] | undefined, path: string): ((text: string) => boolean) | undefined {
  if (globs === undefined) return undefined;
  if (!Array.isArray(globs) || globs.some((glob) => typeof glob !== 'string')) {
    throw new BeylaError('INVALID_OPTION', `\`${path}\` must be a list of attribute names or globs`);
  }
  if (globs.length === 0) return undefined;
  const matchers = globs.map((glob) => compileGlob(underscored(glob), path));
  return (text) => matchers.some((matches) => matches(text));
}
