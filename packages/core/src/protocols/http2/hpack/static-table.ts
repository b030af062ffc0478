import { FIELD, fieldNamed } from './field.ts';

/** RFC 7541 appendix A, from index 1 on; names that stand for several entries have their values behind them. */
const ENTRIES =
  ':authority|:method=GET=POST|:path=/=/index.html|:scheme=http=https|:status=200=204=206=304=400=404=500|accept-charset|' +
  'accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|' +
  'cache-control|content-disposition|content-encoding|content-language|content-length|content-location|content-range|' +
  'content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|' +
  'if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|' +
  'retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate';

/** Field and value by index; index 0 is no entry. */
export const STATIC_FIELDS: number[] = [FIELD.OTHER];
export const STATIC_VALUES: string[] = [''];

for (const entry of ENTRIES.split('|')) {
  const [name = '', ...values] = entry.split('=');
  for (const value of values.length === 0 ? [''] : values) {
    STATIC_FIELDS.push(fieldNamed(name));
    STATIC_VALUES.push(value);
  }
}

/** The last index of the static table. */
export const STATIC_MAX: number = STATIC_FIELDS.length - 1;
