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

const LENGTH = 55;
const DASH = 0x2d;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Reads a `traceparent` field; undefined where it is not valid. Version 00 has exactly four parts, later ones may have more
 * (W3C Trace Context §3.2 and §4.3).
 */
export function parseTraceparent(value: string): TraceParent | undefined {
  const isVersion0 = value.charCodeAt(0) === 0x30 && value.charCodeAt(1) === 0x30;
  if (value.length < LENGTH || (value.length > LENGTH && (isVersion0 || value.charCodeAt(LENGTH) !== DASH)))
    return undefined;
  for (let i = 0; i < LENGTH; i++) {
    const code = value.charCodeAt(i);
    const isDash = i === 2 || i === 35 || i === 52;
    if (isDash ? code !== DASH : !isHexDigit(code)) return undefined;
  }
  const traceId = value.slice(3, 35);
  const parentId = value.slice(36, 52);
  if (value.startsWith('ff') || traceId === NO_TRACE || parentId === NO_SPAN) return undefined;
  return { traceId, parentId, flags: Number.parseInt(value.slice(53, LENGTH), 16) };
}

/** In lower case. */
function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
}
