import type { RequestSpan } from '../spans/span.ts';

/**
 * Looks at, or changes the writable fields of, every span of a batch before it is exported; returns the batch to pass on.
 *
 * Return the same array when nothing is dropped (no copy is made). Must be synchronous and may not do I/O. A processor that
 * throws is counted, reported once through `error`, and its input is passed on unchanged.
 *
 * @public
 */
export type Processor = (spans: RequestSpan[]) => RequestSpan[];
