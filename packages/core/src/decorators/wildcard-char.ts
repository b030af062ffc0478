/** One character that can stand for a segment of a path: printable ASCII, and nothing that would end the segment or the path. */
export function isWildcardChar(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]$/.test(value) && !'/?#'.includes(value);
}
