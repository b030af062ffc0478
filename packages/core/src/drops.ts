import type { EventSource } from './kernel/event-source.ts';

/**
 * Requests that did not become a span, by reason; docs/drops.md explains each. Requests sent = spans + the sum of these, up to
 * requests still under way.
 *
 * @public
 */
export type Drops = Readonly<Record<string, number>>;

/** Counters of the BPF side that each stand for a request that was not followed. */
const KERNEL_DROPS = ['connections_full', 'closes_lost'] as const;

export function kernelDrops(source: EventSource): Record<string, number> {
  const counters = source.counters();
  return Object.fromEntries(KERNEL_DROPS.map((name) => [`kernel.${name}`, counters[name] ?? 0]));
}
