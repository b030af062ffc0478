import { nearest } from '../options/nearest.ts';
import type { ConfigSource, GivenScalar } from './given.ts';
import type { Leaf, Section } from './schema/node.ts';
import { leavesOf } from './schema-paths.ts';
import type { Environment } from './substitute.ts';

/** Beyla's own names begin so; OpenTelemetry's do not. */
const OWN = /^(?:BEYLA_|OTEL_EBPF_)/;
/** Read by `loadConfig` itself. */
export const CONFIG_PATH = 'BEYLA_CONFIG_PATH';

/** All names of a variable, the stronger first: `BEYLA_X`, `OTEL_EBPF_X`. */
export function namesOf(leaf: Leaf): string[] {
  return leaf.env.flatMap((name) =>
    name.startsWith('BEYLA_') ? [name, name.replace(/^BEYLA_(?:OTEL_)?/, 'OTEL_EBPF_')] : [name],
  );
}

/** What the variables of a key say; one that is empty is not set (OpenTelemetry specification, environment variables). */
export function environmentOf(leaf: Leaf, env: Environment): GivenScalar | undefined {
  for (const name of namesOf(leaf)) {
    const written = Object.hasOwn(env, name) ? env[name]?.trim() : undefined;
    if (written === undefined || written === '') continue;
    // OpenTelemetry's durations are whole milliseconds.
    const isMs = !OWN.test(name) && leaf.kind.words.startsWith('a duration') && /^\d+$/.test(written);
    const text = isMs ? `${written}ms` : written;
    return { form: 'scalar', value: text, text, isText: true, source: variable(name) };
  }
  return undefined;
}

/** Variables that look like Beyla's and are none, each with the nearest one that is. */
export function unknownVariables(schema: Section, env: Environment): [source: ConfigSource, nearest: string][] {
  const known = [...leavesOf(schema).flatMap(([, leaf]) => namesOf(leaf)), CONFIG_PATH];
  const isKnown = new Set(known);
  return Object.keys(env)
    .filter((name) => OWN.test(name) && !isKnown.has(name))
    .sort()
    .map((name) => [variable(name), nearest(name, known) ?? '']);
}

function variable(name: string): ConfigSource {
  return { from: 'env', name, line: 0, column: 0 };
}
