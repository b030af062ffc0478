import { diag } from '@opentelemetry/api';
import { BeylaError } from '../errors.ts';

/**
 * Name of a sampler, as OTEL_TRACES_SAMPLER and Beyla's `sampler.name` have it. Those that begin with `parentbased_` obey the flag of the
 * caller's `traceparent` where there is one; the rest of the name says what becomes of traces that begin here.
 *
 * @public
 */
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

type RootSampler = 'always_on' | 'always_off' | 'traceidratio';

/**
 * Which traces are kept. Metrics are of all requests in any case.
 *
 * @public
 */
export interface SamplerOptions {
  /** Default OTEL_TRACES_SAMPLER, else `parentbased_always_on`. */
  name?: SamplerName;
  /** For `traceidratio`: the part of all traces that is kept, 0 to 1; default OTEL_TRACES_SAMPLER_ARG where that names the sampler, else 1. */
  arg?: number;
}

/**
 * Decides by the trace id alone, and by what the caller decided where there is one; so all spans of a trace get the same answer.
 * `parentSampled` is undefined for the first span of a trace.
 */
export type Sampler = (traceId: string, parentSampled: boolean | undefined) => boolean;

const PARENT_BASED = 'parentbased_';
const ROOT_SAMPLERS: readonly string[] = ['always_on', 'always_off', 'traceidratio'];
const NAMES: readonly string[] = [...ROOT_SAMPLERS, ...ROOT_SAMPLERS.map((name) => PARENT_BASED + name)];
const OPTION_NAMES: readonly string[] = ['name', 'arg'] satisfies (keyof SamplerOptions)[];

/** The sampler that the options name, else the environment; `path` names the options in errors. */
export function createSampler(options: SamplerOptions, path: string): Sampler {
  for (const option of Object.keys(options)) {
    if (!OPTION_NAMES.includes(option)) {
      throw new BeylaError('UNKNOWN_OPTION', `${path} has no option \`${option}\`; it has ${OPTION_NAMES.join(', ')}`);
    }
  }
  const { name, arg } = options;
  if (name !== undefined && !NAMES.includes(name)) {
    throw new BeylaError('INVALID_OPTION', `${path}.name must be one of ${NAMES.join(', ')}, not \`${name}\``);
  }
  if (arg !== undefined && !isRatio(arg)) {
    throw new BeylaError('INVALID_OPTION', `${path}.arg must be a number from 0 to 1, not \`${arg}\``);
  }
  if (name !== undefined) return samplerOf(name, arg ?? 1);
  return samplerOf(nameFromEnvironment() ?? 'parentbased_always_on', arg ?? ratioFromEnvironment() ?? 1);
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  if (!name.startsWith(PARENT_BASED)) return rootSampler(name as RootSampler, ratio);
  const root = rootSampler(name.slice(PARENT_BASED.length) as RootSampler, ratio);
  return (traceId, parentSampled) => parentSampled ?? root(traceId, undefined);
}

function rootSampler(name: RootSampler, ratio: number): Sampler {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  return (traceId) => lowerHalfOf(traceId) < ratio;
}

/**
 * The lower half of a trace id as a number from 0 to 1, as the SDKs of Go and Python take it, so that services of both decide alike.
 * 52 of its 64 bits are exact.
 */
function lowerHalfOf(traceId: string): number {
  let value = 0;
  for (let i = 28; i >= 16; i--) value = (value + digitOf(traceId.charCodeAt(i))) / 16;
  return value;
}

function digitOf(code: number): number {
  return code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57;
}

/** The variables are shared with SDKs that know more samplers: a name of theirs must not stop us. */
function nameFromEnvironment(): SamplerName | undefined {
  const name = process.env['OTEL_TRACES_SAMPLER']?.trim();
  if (name === undefined || name === '') return undefined;
  if (NAMES.includes(name)) return name as SamplerName;
  diag.warn(`OTEL_TRACES_SAMPLER is \`${name}\`, not one of ${NAMES.join(', ')}; ignored`);
  return undefined;
}

function ratioFromEnvironment(): number | undefined {
  const text = process.env['OTEL_TRACES_SAMPLER_ARG']?.trim();
  if (text === undefined || text === '') return undefined;
  if (isRatio(Number(text))) return Number(text);
  diag.warn(`OTEL_TRACES_SAMPLER_ARG is \`${text}\`, not a number from 0 to 1; ignored`);
  return undefined;
}

function isRatio(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
