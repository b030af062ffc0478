import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';

/** An `ExportResult` that may also say how many items a receiver rejected; exporters of others say nothing of that. */
export interface DeliveryResult extends ExportResult {
  readonly rejected?: number;
}

/** What became of one export: `error` is undefined on success. */
export interface Delivery {
  readonly error: Error | undefined;
  /** Items that the receiver took and then rejected. */
  readonly rejected: number;
}

/**
 * Turns one callback-style export of the OpenTelemetry SDK into a promise. Never rejects; gives up after `timeoutMs`. What the
 * exporter does is not traced by instrumentation of the host.
 */
export function exportOnce(
  run: (callback: (result: DeliveryResult) => void) => void,
  timeoutMs: number,
): Promise<Delivery> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ error, rejected: 0 });
    const timer = setTimeout(() => fail(timeoutError(timeoutMs)), timeoutMs);
    timer.unref();
    try {
      context.with(suppressTracing(context.active()), () => {
        run((result) => {
          clearTimeout(timer);
          if (result.code === ExportResultCode.SUCCESS) resolve({ error: undefined, rejected: result.rejected ?? 0 });
          else fail(result.error ?? new Error('the exporter gave no reason'));
        });
      });
    } catch (error) {
      clearTimeout(timer);
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'timeout' });
}
