const MS_OF: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const WHOLE = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Milliseconds of a duration as Go writes it, `1m30s`, `1.5h`, `0`; undefined for anything else and for negative ones. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text.length > 64 || !WHOLE.test(text)) return undefined;
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(PART)) totalMs += Number(count) * (MS_OF[unit as string] as number);
  return Math.round(totalMs * 1e6) / 1e6;
}

/** The text that `parseDuration` reads back as so many milliseconds. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const restMs = Math.round((durationMs % 60_000) * 1e6) / 1e6;
  const rest = restMs >= 1000 ? `${restMs / 1000}s` : `${restMs.toFixed(6).replace(/\.?0+$/, '')}ms`;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${restMs > 0 ? rest : ''}`;
}
