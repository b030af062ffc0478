import { http1 } from './http1/http1.ts';
import type { ProtocolParser } from './protocol.ts';

/** All protocols, in the order in which they are tried. */
export const PROTOCOLS: readonly ProtocolParser[] = [http1];
