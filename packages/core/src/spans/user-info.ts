const REDACTED = 'REDACTED:REDACTED@';

/** Names and passwords in a target (RFC 3986 §3.2.1): the absolute form, the authority form of CONNECT, a URL inside of a path. */
export function redactTarget(target: string): string {
  if (!target.includes('@')) return target;
  const redacted = target.replace(/((?:^|:)\/\/)[^/?#]*@/g, `$1${REDACTED}`);
  return redacted.startsWith('/') ? redacted : redacted.replace(/^[^/?#]*@/, REDACTED);
}

/** `Host` and `:authority` name a place; who goes there is nobody's business. */
export function withoutUserInfo(authority: string): string {
  const at = authority.lastIndexOf('@');
  return at < 0 ? authority : authority.slice(at + 1);
}
