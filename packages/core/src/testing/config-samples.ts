import type { JsonSchema } from '../config/kinds.ts';
import type { Leaf } from '../config/schema/node.ts';

/** A right value of a key, as YAML would have it, that is not the default. */
export function sampleOf(leaf: Leaf): unknown {
  return byWords(leaf.kind.words) ?? bySchema(leaf.kind.json, leaf.default);
}

/** The same value as a variable would have it. */
export function sampleTextOf(leaf: Leaf): string {
  const sample = sampleOf(leaf);
  return Array.isArray(sample) ? sample.join(', ') : String(sample);
}

function byWords(words: string): unknown {
  if (words.startsWith('a URL')) return 'https://receiver.test:4318/base';
  if (words.startsWith('ports')) return '80,8000-8999';
  if (words.startsWith('headers')) return 'name=value,other=1%202';
  if (words.startsWith('a duration')) return '7s';
  if (words.startsWith('one printable')) return '+';
  if (words.startsWith('a list of route patterns')) return ['/users/:id', '/files/*'];
  if (words.includes('each above the one before')) return [0.5, 1, 2];
  if (words.includes('a network as')) return ['10.0.0.0/8', '2001:db8::1'];
  return words === 'anything' ? { some: ['thing', 1, null] } : undefined;
}

function bySchema(schema: JsonSchema, fallback: unknown): unknown {
  const { type, enum: words, items, minimum, maximum, additionalProperties } = schema;
  if (Array.isArray(words)) return words.find((word) => word !== fallback);
  if (type === 'array') return [bySchema(items as JsonSchema, undefined)];
  if (type === 'object') return { chosen: bySchema(additionalProperties as JsonSchema, undefined) };
  if (type === 'boolean') return fallback !== true;
  if (type === 'integer') return Math.min(Number(maximum ?? 7), Math.max(Number(minimum), 7));
  if (type === 'number') return 0.25;
  return '/sample-text';
}
