/**
 * The parts of a W3C `traceparent`.
 *
 * @public
 */
export interface TraceParent {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the caller's span. */
  readonly parentId: string;
  /** Bit 0 = sampled. */
  readonly flags: number;
}

const FORM = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Reads a `traceparent` field; undefined where it is not valid. Version 00 has exactly four parts, later ones may have more
 * (W3C Trace Context §3.2 and §4.3).
 */
export function parseTraceparent(value: string): TraceParent | undefined {
  const match = FORM.exec(value);
  if (match === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = ''] = match;
  if (version === 'ff' || (version === '00' && value.length !== 55)) return undefined;
  if (traceId === NO_TRACE || parentId === NO_SPAN) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) };
}
