import type { ProcFs } from './procfs.ts';

/** What OpenTelemetry's standard variables in the environment of a process say about it. */
export interface ResourceEnvironment {
  readonly serviceName: string | undefined;
  readonly serviceNamespace: string | undefined;
  readonly instanceId: string | undefined;
  /** The other resource attributes. */
  readonly resource: Readonly<Record<string, string>>;
}

const LONGEST_ENVIRONMENT = 256 * 1024;
const SERVICE_NAME = 'OTEL_SERVICE_NAME=';
const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES=';

/**
 * Reads `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` (OpenTelemetry resource SDK specification) of a process; no other
 * variable is kept.
 *
 * Only for processes that are selected: an environment holds secrets.
 */
export function readResourceEnvironment(proc: ProcFs, pid: number): ResourceEnvironment {
  let serviceName: string | undefined;
  let attributes: Record<string, string> = {};
  for (const variable of (proc.read(`${proc.directory(pid)}/environ`, LONGEST_ENVIRONMENT) ?? '').split('\0')) {
    if (variable.startsWith(SERVICE_NAME)) serviceName = usable(variable.slice(SERVICE_NAME.length));
    else if (variable.startsWith(RESOURCE_ATTRIBUTES))
      attributes = parseResourceAttributes(variable.slice(RESOURCE_ATTRIBUTES.length));
  }
  const {
    'service.name': attributeName,
    'service.namespace': serviceNamespace,
    'service.instance.id': instanceId,
    ...resource
  } = attributes;
  return { serviceName: serviceName ?? attributeName, serviceNamespace, instanceId, resource };
}

/** Reads `key=value,key=value` with percent-encoded values; what is not of this form is left out. */
export function parseResourceAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, equals).trim();
    const value = usable(decode(pair.slice(equals + 1)));
    if (equals > 0 && key !== '' && key !== '__proto__' && value !== undefined) attributes[key] = value;
  }
  return attributes;
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
