import type { ProcFs } from './procfs.ts';

/** What OpenTelemetry's standard variables in the environment of a process say about it. */
export interface ResourceEnvironment {
  readonly serviceName: string | undefined;
  readonly serviceNamespace: string | undefined;
  readonly instanceId: string | undefined;
  /** The other resource attributes. */
  readonly resource: Readonly<Record<string, string>>;
  /** Names and values that were cut, and attributes that were left out, since they are longer, more, or called otherwise than is allowed. */
  readonly refused: number;
}

const LONGEST_ENVIRONMENT = 256 * 1024;
const SERVICE_NAME = 'OTEL_SERVICE_NAME=';
const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES=';
/** What a process says of itself is on every metric and span of it, and it may say what it likes. */
const LONGEST_IDENTITY = 255;
const LONGEST_VALUE = 1024;
const LONGEST_KEY = 128;
const MOST_ATTRIBUTES = 64;
/** Names of attributes begin with a letter (OpenTelemetry); back ends have a meaning of their own for `__name__` and the like. */
const KEY = /^[A-Za-z][\w./-]*$/;

/**
 * Reads `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` (OpenTelemetry resource SDK specification) of a process; no other
 * variable is kept.
 *
 * Only for processes that are selected: an environment holds secrets.
 */
export function readResourceEnvironment(proc: ProcFs, pid: number): ResourceEnvironment {
  let name: string | undefined;
  let parsed: ParsedAttributes = { attributes: {}, refused: 0 };
  for (const variable of (proc.read(`${proc.directory(pid)}/environ`, LONGEST_ENVIRONMENT) ?? '').split('\0')) {
    if (variable.startsWith(SERVICE_NAME)) name = usable(variable.slice(SERVICE_NAME.length));
    else if (variable.startsWith(RESOURCE_ATTRIBUTES))
      parsed = parseResourceAttributes(variable.slice(RESOURCE_ATTRIBUTES.length));
  }
  const {
    'service.name': attributeName,
    'service.namespace': serviceNamespace,
    'service.instance.id': instanceId,
    ...resource
  } = parsed.attributes;
  const serviceName = name === undefined ? attributeName : cut(name, LONGEST_IDENTITY);
  const refused = parsed.refused + (name === undefined || name === serviceName ? 0 : 1);
  return { serviceName, serviceNamespace, instanceId, resource, refused };
}

/** What a text of resource attributes says, and how much of it is not allowed: see `ResourceEnvironment.refused`. */
export interface ParsedAttributes {
  readonly attributes: Record<string, string>;
  readonly refused: number;
}

/** Reads `key=value,key=value` with percent-encoded values; what is not of this form is left out. */
export function parseResourceAttributes(text: string): ParsedAttributes {
  const attributes: Record<string, string> = {};
  let [count, refused] = [0, 0];
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals).trim();
    const value = usable(decode(pair.slice(equals + 1)));
    if (equals <= 0 || key === '' || value === undefined) continue;
    if (count === MOST_ATTRIBUTES || key.length > LONGEST_KEY || !KEY.test(key)) {
      refused++;
      continue;
    }
    const short = cut(value, IDENTITY.has(key) ? LONGEST_IDENTITY : LONGEST_VALUE);
    if (short !== value) refused++;
    attributes[key] = short;
    count++;
  }
  return { attributes, refused };
}

const IDENTITY: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

function cut(text: string, length: number): string {
  // Half of a surrogate pair is no character.
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.trim());
  } catch {
    return value.trim();
  }
}

/** `$(POD_NAME)` and the like are references that nobody resolved. */
function usable(value: string): string | undefined {
  return value === '' || value.startsWith('$') ? undefined : value;
}
