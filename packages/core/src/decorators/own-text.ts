/** A copy: a part of a text keeps the whole of it in memory (engines share the bytes), and paths may be long. */
export function ownText(part: string): string {
  return Buffer.from(part).toString();
}
