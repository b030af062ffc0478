import { DiagLogLevel } from '@opentelemetry/api';
import type { ConfigValues } from './config-values.gen.ts';

/**
 * The `log_level` of a configuration for the diagnostic logger of `@opentelemetry/api`. The library itself sets no logger and prints nothing:
 * whether its messages are shown, and where, is for the program to say.
 *
 * @example
 * ```ts
 * import { diagLogLevel, loadConfig } from '@beyla/core';
 * import { DiagConsoleLogger, diag } from '@opentelemetry/api';
 * const config = await loadConfig('open_port: 8080\nprint_traces: true\nlog_level: DEBUG\n');
 * diag.setLogger(new DiagConsoleLogger(), { logLevel: diagLogLevel(config) });
 * ```
 *
 * @public
 */
export function diagLogLevel({ log_level }: ConfigValues): DiagLogLevel {
  return DiagLogLevel[log_level];
}
