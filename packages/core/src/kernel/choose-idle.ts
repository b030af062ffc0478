/** What decides about a connection when room must be made. */
export interface IdleCandidate {
  /** The service that it belongs to. */
  readonly group: string;
  /** Lower ones go first. */
  readonly rank: number;
  readonly lastNs: number;
}

/**
 * Which idle connections go when the table, of `most` entries, has too many: only those of services that have more than their share, so that one with
 * thousands of idle connections blinds no other; what loses least first, and of that what was quiet for longest. `groups`: how many entries each service has in all.
 */
export function chooseIdle<T extends IdleCandidate>(
  candidates: readonly T[],
  groups: ReadonlyMap<string, number>,
  wanted: number,
  most: number,
): T[] {
  const share = Math.max(1, Math.floor(most / 2 / Math.max(1, groups.size)));
  const left = new Map(groups);
  const chosen: T[] = [];
  for (const candidate of candidates.toSorted((a, b) => a.rank - b.rank || a.lastNs - b.lastNs)) {
    if (chosen.length >= wanted) break;
    const size = left.get(candidate.group) ?? 0;
    if (size <= share) continue;
    left.set(candidate.group, size - 1);
    chosen.push(candidate);
  }
  return chosen;
}
