import { type ConfigSource, placeOf } from './given.ts';
import type { BeylaConfig } from './load-config.ts';
import type { Leaf, Node, Section } from './schema/node.ts';
import { SCHEMA } from './schema/schema.ts';

const MASK = '***';

/**
 * The configuration in force as YAML, each value with the place it came from as a comment: a variable, a line of the file, or the default.
 *
 * Secrets are masked, those inside of URLs as well. Keys that have no effect are shown only if they were given; what only variables can set is a
 * comment. Loaded again it means the same, secrets aside.
 *
 * @example
 * ```ts
 * import { loadConfig, showEffectiveConfig } from '@beyla/core';
 * console.log(showEffectiveConfig(await loadConfig('beyla.yml')));
 * ```
 *
 * @public
 */
export function showEffectiveConfig(config: BeylaConfig): string {
  return `${sectionLines(SCHEMA, config, '', '', config.sources).join('\n')}\n`;
}

type Sources = ReadonlyMap<string, ConfigSource>;

function sectionLines(section: Section, value: object, path: string, indent: string, sources: Sources): string[] {
  return Object.entries(section.fields).flatMap(([key, node]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return nodeLines(node, key, (value as Record<string, unknown>)[key], at, indent, sources);
  });
}

function nodeLines(node: Node, key: string, value: unknown, path: string, indent: string, sources: Sources): string[] {
  if (value === undefined) return [];
  const source = sources.get(path);
  const inner = `${indent}  `;
  switch (node.form) {
    case 'leaf':
      return leafLines(node, key, value, source, indent);
    case 'section': {
      const lines = sectionLines(node, value as object, path, inner, sources);
      return lines.some((line) => !line.trimStart().startsWith('#')) ? [`${indent}${quoted(key)}:`, ...lines] : lines;
    }
    case 'list': {
      const items = value as readonly object[];
      if (items.length === 0) return source === undefined ? [] : [`${indent}${key}: []${comment(source)}`];
      const lines = items.flatMap((item, index) => {
        const below = sectionLines(node.item, item, `${path}[${index}]`, `${inner}  `, sources);
        return below.map((line, at) => (at === 0 ? `${inner}- ${line.trimStart()}` : line));
      });
      return [`${indent}${key}:${comment(source)}`, ...lines];
    }
    case 'map': {
      const entries = Object.entries(value as Record<string, object>);
      if (entries.length === 0) return [];
      const lines = entries.flatMap(([name, item]) => {
        const below = sectionLines(node.item, item, `${path}.${name}`, `${inner}  `, sources);
        return [`${inner}${quoted(name)}:${below.length === 0 ? ' {}' : ''}`, ...below];
      });
      return [`${indent}${key}:`, ...lines];
    }
  }
}

function leafLines(
  leaf: Leaf,
  key: string,
  value: unknown,
  source: ConfigSource | undefined,
  indent: string,
): string[] {
  if (source === undefined && leaf.inert !== undefined) return [];
  const shown = leaf.secret ? quoted(MASK) : yamlOf(leaf.kind.write(value));
  return [`${indent}${leaf.envOnly ? '# ' : ''}${key}: ${shown}${comment(source)}`];
}

function comment(source: ConfigSource | undefined): string {
  return source === undefined ? ' # default' : ` # ${placeOf(source).replace(/[\r\n]/g, ' ')}`;
}

/** Flow style: JSON is YAML. */
function yamlOf(value: unknown): string {
  if (typeof value === 'string') return quoted(masked(value));
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${yamlOf(each)}`);
    return `{ ${entries.join(', ')} }`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Plain where nothing can be read otherwise. */
function quoted(text: string): string {
  const isPlain = /^[A-Za-z/][\w/.-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  // The result is read once more, and what stands in it must then stand for itself.
  return isPlain ? text : JSON.stringify(text.replaceAll('${', () => '$${'));
}

/** User, password and query of a URL. */
function masked(text: string): string {
  const [, before, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(text) ?? [];
  if (before === undefined || rest === undefined) return text;
  return before + rest.replace(/^[^/?#]*@/, `${MASK}@`).replace(/[?#].*$/s, `?${MASK}`);
}
