import type { PageFormat } from './text-format.ts';

/**
 * The format that an `Accept` value likes best (RFC 9110 §12.5.1): OpenMetrics only where it is named, in the version we write
 * or without one; the text format else, also for what nothing of ours fits.
 */
export function preferredFormat(accept: string | undefined): PageFormat {
  let format: PageFormat = 'text';
  let best = 0;
  for (const item of (accept ?? '').toLowerCase().split(',')) {
    const [mediaType, ...parameters] = item.split(';').map((part) => part.trim());
    const of = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string | undefined]));
    const quality = Number(of.get('q') ?? 1);
    if (!(quality > best)) continue;
    if (mediaType === 'application/openmetrics-text' && (of.get('version') ?? '1.0.0') === '1.0.0') {
      format = 'openmetrics';
    } else if (mediaType === 'text/plain' || mediaType === 'text/*' || mediaType === '*/*') {
      format = 'text';
    } else {
      continue;
    }
    best = quality;
  }
  return format;
}
