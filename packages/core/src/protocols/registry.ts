import { http1 } from './http1/http1.ts';
import { http2 } from './http2/http2.ts';
import type { ProtocolParser } from './protocol.ts';

/** All protocols, in the order in which they are tried. */
export const PROTOCOLS: readonly ProtocolParser[] = [http2, http1];
