import type { PageFormat } from './text-format.ts';

/** What a scraper may ask for. */
export type ScrapeFormat = PageFormat | 'protobuf';

/** Media types of the formats. */
export const MEDIA_TYPES: Readonly<Record<ScrapeFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  protobuf: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
};

/**
 * The format that an `Accept` value likes best (RFC 9110 §12.5.1): OpenMetrics only where it is named, in the version we write
 * or without one, and protobuf only in the form we write; the text format else, also for what nothing of ours fits.
 */
export function preferredFormat(accept: string | undefined, hasProtobuf: boolean = true): ScrapeFormat {
  let format: ScrapeFormat = 'text';
  let best = 0;
  for (const item of (accept ?? '').toLowerCase().split(',')) {
    const [mediaType, ...parameters] = item.split(';').map((part) => part.trim());
    const of = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string | undefined]));
    const quality = Number(of.get('q') ?? 1);
    if (!(quality > best)) continue;
    if (mediaType === 'application/openmetrics-text' && (of.get('version') ?? '1.0.0') === '1.0.0') {
      format = 'openmetrics';
    } else if (mediaType === 'application/vnd.google.protobuf' && hasProtobuf && isDelimitedFamilies(of)) {
      format = 'protobuf';
    } else if (mediaType === 'text/plain' || mediaType === 'text/*' || mediaType === '*/*') {
      format = 'text';
    } else {
      continue;
    }
    best = quality;
  }
  return format;
}

function isDelimitedFamilies(parameters: ReadonlyMap<string, string | undefined>): boolean {
  return parameters.get('proto') === 'io.prometheus.client.metricfamily' && parameters.get('encoding') === 'delimited';
}
