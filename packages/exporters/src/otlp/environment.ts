import { diag } from '@opentelemetry/api';
import { getStringFromEnv } from '@opentelemetry/core';
import type { OtlpSignal } from './signal.ts';

/** A value of the environment, with the name of the variable for messages. */
export interface EnvironmentValue {
  readonly name: string;
  readonly value: string;
}

/** Reads `OTEL_EXPORTER_OTLP_<SIGNAL>_<name>`, else `OTEL_EXPORTER_OTLP_<name>` (OpenTelemetry, OTLP exporter configuration). */
export function fromEnvironment(signal: OtlpSignal, name: string): EnvironmentValue | undefined {
  return variable(`OTEL_EXPORTER_OTLP_${signal.word}_${name}`) ?? variable(`OTEL_EXPORTER_OTLP_${name}`);
}

/** One variable; undefined where it is not set or empty. */
export function variable(name: string): EnvironmentValue | undefined {
  const value = getStringFromEnv(name);
  return value === undefined ? undefined : { name, value };
}

/**
 * One of a few words, else undefined with a warning: the variables are shared with whatever else the host runs, so a word that only
 * another SDK knows must not stop us.
 */
export function wordFromEnvironment<T extends string>(
  signal: OtlpSignal,
  name: string,
  words: readonly T[],
): T | undefined {
  const found = fromEnvironment(signal, name);
  if (found === undefined) return undefined;
  const word = words.find((candidate) => candidate === found.value.toLowerCase());
  if (word === undefined) diag.warn(`${found.name} is \`${found.value}\`, not one of ${words.join(', ')}; ignored`);
  return word;
}
