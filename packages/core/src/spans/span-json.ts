import type { ProcessInfo } from '../processes/process.ts';
import type { Clock } from './clock.ts';

interface Serializable {
  readonly process: ProcessInfo;
  readonly clock: Clock;
  readonly startNs: number;
  readonly endNs: number;
}

/** The fields with wall time in milliseconds since the Unix epoch, and of the process only its pid and service. */
export function spanToJson(span: Serializable): Record<string, unknown> {
  const { process, clock, ...fields } = span;
  return {
    ...fields,
    startUnixMs: clock.toUnixMs(span.startNs),
    endUnixMs: clock.toUnixMs(span.endNs),
    process: { pid: process.pid, service: process.service },
  };
}
