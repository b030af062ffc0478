/** W3C Trace Context §3.3: a list has at most 32 members, and 512 characters are what everyone passes on. */
const MEMBERS_MAX = 32;
const LENGTH_MAX = 512;

/** A `tracestate` within those limits: as many whole members as fit, from the first one on. Undefined where none is left. */
export function limitTraceState(value: string | undefined): string | undefined {
  if (value === undefined || isWithin(value)) return value;
  const members: string[] = [];
  let length = -1;
  for (const part of value.split(',')) {
    const member = part.trim();
    length += member.length + 1;
    if (length > LENGTH_MAX || members.length === MEMBERS_MAX) break;
    if (member === '') length -= 1;
    else members.push(member);
  }
  return members.length === 0 ? undefined : members.join(',');
}

function isWithin(value: string): boolean {
  if (value.length > LENGTH_MAX) return false;
  let members = 1;
  for (let comma = value.indexOf(','); comma >= 0; comma = value.indexOf(',', comma + 1)) members += 1;
  return members <= MEMBERS_MAX;
}
