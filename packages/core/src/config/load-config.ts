import { readFile } from 'node:fs/promises';
import { BeylaError } from '../errors.ts';
import type { ConfigValues } from './config-values.gen.ts';
import type { ConfigSource } from './given.ts';
import { ConfigReader, type ConfigWarning } from './read-config.ts';
import { CONFIG_PATH, unknownVariables } from './read-environment.ts';
import { SCHEMA } from './schema/schema.ts';
import type { Environment } from './substitute.ts';
import { validateConfig } from './validate-config.ts';
import { parseYaml } from './yaml-source.ts';

/**
 * A configuration as Beyla has it, defaults filled in, frozen.
 *
 * @public
 */
export interface BeylaConfig extends ConfigValues {
  /** What was accepted and does not do what it does in Beyla; show them to the user. */
  readonly warnings: readonly ConfigWarning[];
  /** Where each value that is no default came from, by its path, `discovery.services[0].open_ports`. */
  readonly sources: ReadonlyMap<string, ConfigSource>;
}

/**
 * Reads a configuration of Beyla: YAML, variables, defaults, the former over the latter where variables are strongest.
 *
 * `pathOrText` is a path if it is one line without `: `; else YAML. The variable BEYLA_CONFIG_PATH wins over it; without both, variables alone
 * decide. In values, `${NAME}` and `${NAME:-default}` stand for variables, `$${NAME}` for itself. Durations are milliseconds in the result.
 * docs/configuration.md has every key. Files are read once.
 *
 * @throws BeylaError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_PORT_RANGE`, `INVALID_PATTERN`, each with file, line and column or the name of
 * the variable.
 *
 * @example
 * ```ts
 * import { loadConfig } from '@beyla/core';
 * const config = await loadConfig('open_port: ${PORT:-8080}\nprint_traces: true\n', { PORT: '80' });
 * config.open_port; // '80'
 * ```
 *
 * @public
 */
export async function loadConfig(pathOrText?: string, env: Environment = process.env): Promise<BeylaConfig> {
  const { text, name } = await sourceOf(env[CONFIG_PATH] || undefined, pathOrText);
  const reader = new ConfigReader(SCHEMA, env);
  const values = reader.read(await parseYaml(text, name, env)) as ConfigValues;
  validateConfig(values, reader, { from: 'file', name, line: 1, column: 1 });
  for (const [source, nearest] of unknownVariables(SCHEMA, env)) {
    reader.warn(source.name, source, `no such variable; the nearest one is \`${nearest}\``);
  }
  return Object.freeze({ ...values, warnings: Object.freeze(reader.warnings), sources: reader.sources });
}

async function sourceOf(
  pathFromEnv: string | undefined,
  pathOrText: string | undefined,
): Promise<{ text: string; name: string }> {
  if (pathFromEnv === undefined && pathOrText === undefined) return { text: '', name: '<no file>' };
  const path = pathFromEnv ?? (isText(pathOrText as string) ? undefined : pathOrText);
  if (path === undefined) return { text: pathOrText as string, name: '<text>' };
  try {
    return { text: await readFile(path, 'utf8'), name: path };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const cure = 'Give the path of a file that this program may read, or YAML.';
    throw new BeylaError('INVALID_OPTION', `the configuration cannot be read: ${reason}`, { cause, cure });
  }
}

function isText(pathOrText: string): boolean {
  return pathOrText.trim() === '' || /[\n\r]|:\s|^\s*[{#]|:$/.test(pathOrText);
}
