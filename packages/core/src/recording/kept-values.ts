/** A method that somebody may have registered: no password looks like it. */
export function isMethod(text: string): boolean {
  return /^[A-Z][A-Z-]{1,19}$/.test(text);
}

/** What a host and a port are written with: no user, no password. */
export function isHost(text: string): boolean {
  return /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{0,5})?$/i.test(text);
}

/** W3C Trace Context, level 1. */
export function isTraceparent(text: string): boolean {
  return /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/i.test(text);
}

/** A length, or a list of lengths. */
export function isLength(text: string): boolean {
  return /^[\d,\s]{1,64}$/.test(text);
}
