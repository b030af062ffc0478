/** Whether an `Accept-Encoding` value takes gzip (RFC 9110 §12.5.3): by name, or by `*` where gzip is not named. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  let byStar = false;
  for (const item of String(header).toLowerCase().split(',')) {
    const [coding, ...parameters] = item.split(';').map((part) => part.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') return !refused;
    if (coding === '*') byStar = !refused;
  }
  return byStar;
}
