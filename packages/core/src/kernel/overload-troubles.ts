import { RecentGrowth } from '../recent-growth.ts';

/** What to say in `health()` of overloads: while they last, and for a minute after. What they have cost stays in the counters. */
export class OverloadTroubles {
  readonly #connections = new RecentGrowth();
  readonly #turns = new RecentGrowth();

  of(counters: Readonly<Record<string, number>>, maxConnections: number, nowMs?: number): string[] {
    const messages: string[] = [];
    if (this.#connections.of(counters['connections_full'] ?? 0, nowMs) > 0)
      messages.push(`more than ${maxConnections} connections at once: raise tracer.maxConnections`);
    if (this.#turns.of(counters['turns_lost'] ?? 0, nowMs) > 0)
      messages.push('the ring was full: raise tracer.ringBytes');
    return messages;
  }
}
