/**
 * Requests that did not become a span, or whose span did not leave, by reason. Requests sent = spans delivered + the sum of
 * these, up to requests still under way.
 *
 * @public
 */
export type Drops = Readonly<Record<string, number>>;

/** Counters of the BPF side that each stand for a request, or more or less than one as they say, that was not followed. */
const KERNEL = [
  'connections_full',
  'closes_lost',
  'tls_untapped',
  'tap_unbound',
  'tls_late',
  'unclaimed',
  'joined_late',
  'unix_sockets',
  'mptcp',
  'other_sockets',
  'compat',
];

export function dropsOf(
  kernel: Readonly<Record<string, number>>,
  interpreter: Readonly<Record<string, number>>,
  pipeline: Readonly<Record<string, number>>,
): Drops {
  const drops: Record<string, number> = { ...interpreter };
  for (const name of KERNEL) drops[`kernel.${name}`] = kernel[name] ?? 0;
  for (const [name, count] of Object.entries(pipeline)) {
    // What a processor takes out on purpose is not lost.
    if (name !== 'filtered') drops[`pipeline.${name}`] = count;
  }
  return drops;
}
