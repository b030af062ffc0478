// @ts-check
/** @typedef {import('./agent-process.mjs').Sample} Sample */

const MIB = 1024 * 1024;

/**
 * Least-squares line: its slope, and its rise from the first sample to the last.
 *
 * @param {readonly Sample[]} samples @param {(sample: Sample) => number} value
 */
function trend(samples, value) {
  const count = samples.length;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const meanY = samples.reduce((sum, sample) => sum + value(sample), 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.atMs - meanX) * (value(sample) - meanY);
    variance += (sample.atMs - meanX) ** 2;
  }
  const slope = covariance / variance;
  return { perMinute: slope * 60_000, rise: slope * ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) };
}

/** @param {{ perMinute: number, rise: number }} trend @param {number} limit */
function seen({ perMinute, rise }, limit) {
  return `${rise.toFixed(2)} MiB, at most ${limit} (${perMinute.toFixed(2)} MiB/min)`;
}

/**
 * Rows of the report: what was promised, what was seen.
 *
 * @param {object} soak
 * @param {readonly Sample[]} soak.samples under load
 * @param {Sample} soak.before watching nothing yet
 * @param {Sample} soak.after when all watched processes have ended
 * @param {Record<string, number>} soak.kernelBefore
 * @param {Record<string, number>} soak.kernelAfter
 * @param {number} soak.sent requests
 * @param {readonly string[]} soak.left things in the kernel after the agent has ended
 * @param {{ rss: number, heap: number }} soak.limits MiB
 * @returns {{ what: string, seen: string, isKept: boolean }[]}
 */
export function judge({ samples, before, after, kernelBefore, kernelAfter, sent, left, limits }) {
  // The first half warms up: code is compiled, pools and the heap find their size.
  const middleMs = ((samples[0]?.atMs ?? 0) + (samples.at(-1)?.atMs ?? 0)) / 2;
  const steady = samples.filter(({ atMs }) => atMs >= middleMs);
  const rss = trend(steady, ({ rssBytes }) => rssBytes / MIB);
  const heap = trend(steady, ({ heapBytes }) => heapBytes / MIB);
  const peaks = (/** @type {(sample: Sample) => Record<string, number>} */ of) =>
    Object.keys(of(after)).map((name) => [name, Math.max(...samples.map((sample) => of(sample)[name] ?? 0))]);
  const highest = Object.fromEntries([...peaks(({ tables }) => tables), ...peaks(({ held }) => held)]);
  const returns = (/** @type {Record<string, number>} */ start, /** @type {Record<string, number>} */ end) =>
    Object.entries(end).map(([name, count]) => ({
      what: `${name} returns`,
      seen: `${start[name]} → ${highest[name] === undefined ? '' : `${highest[name]} at most → `}${count}`,
      isKept: count <= (start[name] ?? 0),
    }));
  return [
    {
      what: 'spans = requests',
      seen: `${after.spans} of ${sent}, ${after.lost} lost`,
      isKept: after.spans === sent && after.lost === 0,
    },
    { what: 'RSS does not grow', seen: seen(rss, limits.rss), isKept: rss.rise <= limits.rss },
    { what: 'live heap does not grow', seen: seen(heap, limits.heap), isKept: heap.rise <= limits.heap },
    ...returns(before.held, after.held),
    ...returns(before.tables, after.tables),
    ...returns(kernelBefore, kernelAfter),
    { what: 'nothing is left in the kernel', seen: left.join(', ') || 'nothing', isKept: left.length === 0 },
  ];
}

/** @param {readonly Sample[]} samples */
export function sampleTable(samples) {
  const shown = samples.filter(
    (_, index) => index % Math.ceil(samples.length / 12) === 0 || index === samples.length - 1,
  );
  const lines = [
    '| minute | RSS MiB | heap MiB | fds | progs/maps/links | connections | selected | metric lines | spans |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const { atMs, rssBytes, heapBytes, held, tables, spans } of shown) {
    const cells = [
      (atMs / 60_000).toFixed(1),
      (rssBytes / MIB).toFixed(1),
      (heapBytes / MIB).toFixed(1),
      held['fds'],
      `${held['programs']}/${held['maps']}/${held['links']}`,
      tables['connections'],
      tables['selected'],
      tables['metricLines'],
      spans,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}
