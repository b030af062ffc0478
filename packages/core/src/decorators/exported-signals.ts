import type { RequestSpan } from '../spans/span.ts';

/** Marks the spans of services of which a signal is not wanted (`exports` of a selector). */
export function markExportedSignals(spans: RequestSpan[]): RequestSpan[] {
  for (const span of spans) {
    const { exports } = span.process;
    if (exports === undefined) continue;
    const noMetrics = !exports.includes('metrics') || span.ignore === 'metrics' || span.ignore === 'all';
    const noTraces = !exports.includes('traces') || span.ignore === 'traces' || span.ignore === 'all';
    span.ignore = noMetrics ? (noTraces ? 'all' : 'metrics') : noTraces ? 'traces' : 'none';
  }
  return spans;
}
