/** As the gRPC libraries of Go, C++, Java, Rust and JavaScript say it, and HTTP servers that answer 400. */
const WORDS = /larger than|too large|exceeds? (?:the )?max/i;
/** Kinds of refusals that mean the size only together with the words: `code` of our errors, and of those of the official exporters. */
const MAY_MEAN_SIZE: ReadonlySet<unknown> = new Set([
  'http_400',
  400,
  'grpc_RESOURCE_EXHAUSTED',
  8,
  'grpc_OUT_OF_RANGE',
  11,
]);

/** Whether a receiver refused a request for its size, so that halves of it may pass. */
export function isTooLarge(error: Error): boolean {
  const { code } = error as Error & { code?: unknown };
  if (code === 'http_413' || code === 413) return true;
  return MAY_MEAN_SIZE.has(code) && WORDS.test(error.message);
}
