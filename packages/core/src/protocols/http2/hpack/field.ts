import { huffmanEncode } from './huffman-code.ts';

/**
 * The header fields that matter, as small numbers. `OTHER`: one whose value nobody asks for. `UNKNOWN`: one that stands in the dynamic table
 * since before the table was watched.
 */
export const FIELD = {
  OTHER: 0,
  METHOD: 1,
  PATH: 2,
  AUTHORITY: 3,
  STATUS: 4,
  HOST: 5,
  CONTENT_TYPE: 6,
  USER_AGENT: 7,
  TRACEPARENT: 8,
  TRACESTATE: 9,
  GRPC_STATUS: 10,
  GRPC_TIMEOUT: 11,
  CONTENT_LENGTH: 12,
  UNKNOWN: 13,
} as const;

/** Number of fields that have values, counted from 0. */
export const FIELDS = 13;

const NAMES: Readonly<Record<string, number>> = {
  ':method': FIELD.METHOD,
  ':path': FIELD.PATH,
  ':authority': FIELD.AUTHORITY,
  ':status': FIELD.STATUS,
  host: FIELD.HOST,
  'content-type': FIELD.CONTENT_TYPE,
  'user-agent': FIELD.USER_AGENT,
  traceparent: FIELD.TRACEPARENT,
  tracestate: FIELD.TRACESTATE,
  'grpc-status': FIELD.GRPC_STATUS,
  'grpc-timeout': FIELD.GRPC_TIMEOUT,
  'content-length': FIELD.CONTENT_LENGTH,
};

interface Spelling {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** Spellings of the names, plain and Huffman-coded, by length: names are compared as they are on the wire. */
const PLAIN = spellings((name) => Uint8Array.from(name, (char) => char.charCodeAt(0)));
const CODED = spellings(huffmanEncode);

function spellings(spell: (name: string) => Uint8Array): Spelling[][] {
  const byLength: Spelling[][] = Array.from({ length: 16 }, () => []);
  for (const [name, field] of Object.entries(NAMES)) {
    const bytes = spell(name);
    byLength[bytes.length]?.push({ field, bytes });
  }
  return byLength;
}

/** The field with this name. */
export function fieldNamed(name: string): number {
  return NAMES[name] ?? FIELD.OTHER;
}

/** The field whose name is `bytes[start..end)`, which is Huffman-coded or not. */
export function fieldOf(bytes: Uint8Array, start: number, end: number, isCoded: boolean): number {
  const candidates = (isCoded ? CODED : PLAIN)[end - start];
  if (candidates === undefined) return FIELD.OTHER;
  for (const { field, bytes: spelling } of candidates) {
    let i = spelling.length - 1;
    // From behind: names of equal length share beginnings.
    while (i >= 0 && spelling[i] === bytes[start + i]) i--;
    if (i < 0) return field;
  }
  return FIELD.OTHER;
}
