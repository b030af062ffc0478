import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';

/**
 * Turns one callback-style export of the OpenTelemetry SDK into a promise of its error, undefined on success. Never rejects;
 * gives up after `timeoutMs`. What the exporter does is not traced by instrumentation of the host.
 */
export function exportOnce(
  run: (callback: (result: ExportResult) => void) => void,
  timeoutMs: number,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    timer.unref();
    const finish = (error: Error | undefined): void => {
      clearTimeout(timer);
      resolve(error);
    };
    try {
      context.with(suppressTracing(context.active()), () => {
        run((result) => {
          const failed = result.code !== ExportResultCode.SUCCESS;
          finish(failed ? (result.error ?? new Error('the exporter gave no reason')) : undefined);
        });
      });
    } catch (error) {
      finish(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
