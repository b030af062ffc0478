import { BeylaError, isGrpcSpan, type RequestSpan } from '@beyla/core';

/**
 * A protocol whose requests are exported, by Beyla's names.
 *
 * @public
 */
export type Instrumentation = 'http' | 'grpc';

/** Whether a span is wanted; undefined where all are. Throws INVALID_OPTION. */
export function instrumentationFilter(
  wanted: readonly Instrumentation[] | undefined,
): ((span: RequestSpan) => boolean) | undefined {
  if (wanted === undefined) return undefined;
  for (const each of wanted) {
    if (each === 'http' || each === 'grpc') continue;
    throw new BeylaError('INVALID_OPTION', `\`instrumentations\` has "${each}"; there are http and grpc`);
  }
  const [http, grpc] = [wanted.includes('http'), wanted.includes('grpc')];
  return (span) => (isGrpcSpan(span) ? grpc : http);
}
