// @ts-check
import { estimate, estimateDifference, median } from './statistics.mjs';

/** @typedef {import('./scenario.mjs').Block} Block */
/** @typedef {import('./scenario.mjs').Measured} Measured */
/** @typedef {import('./scenario.mjs').Programs} Programs */
/** @typedef {import('./statistics.mjs').Estimate} Estimate */
/** @typedef {'observed' | 'bystander'} Who */

const MIB = 1024 * 1024;

/**
 * What one figure is: its values in this run, its aim, and how to write it. A figure that does not depend on how busy the machine is must
 * meet its aim.
 *
 * @type {{ name: string, aim?: number | ((aims: import('./scenario.mjs').Aims) => number), unit: string, digits: number, of: 'median' | 'worst', strict?: boolean, values: (measured: Measured) => number[] }[]}
 */
const ROWS = [
  {
    name: 'BPF time per request',
    aim: ({ bpfUs }) => bpfUs,
    unit: 'µs',
    digits: 2,
    of: 'median',
    values: bpf('observed', 'ns', 1000),
  },
  {
    name: 'BPF runs per request',
    aim: ({ bpfRuns }) => bpfRuns,
    unit: '',
    digits: 1,
    of: 'median',
    strict: true,
    values: bpf('observed', 'runs'),
  },
  {
    name: 'BPF time per request of the bystander',
    unit: 'µs',
    digits: 2,
    of: 'median',
    values: bpf('bystander', 'ns', 1000),
  },
  {
    name: 'BPF runs per request of the bystander',
    unit: '',
    digits: 1,
    of: 'median',
    values: bpf('bystander', 'runs'),
  },
  {
    name: 'traps of uprobes per request',
    unit: '',
    digits: 1,
    of: 'median',
    values: ({ traps }) => traps.observed.map(({ count }) => count),
  },
  {
    name: 'time of these traps, beside BPF',
    unit: 'µs',
    digits: 2,
    of: 'median',
    values: ({ traps }) => traps.observed.map(({ ns }) => ns / 1000),
  },
  {
    name: 'time of traps of the bystander',
    unit: 'µs',
    digits: 2,
    of: 'median',
    values: ({ traps }) => traps.bystander.map(({ ns }) => ns / 1000),
  },
  {
    name: 'agent CPU per request',
    aim: 15,
    unit: 'µs',
    digits: 1,
    of: 'median',
    values: ({ loads }) => loads.map(({ agentUs }) => agentUs).filter((value) => !Number.isNaN(value)),
  },
  {
    name: 'agent CPU, idle',
    unit: 'ms/s',
    digits: 1,
    of: 'median',
    values: ({ idleUsPerSecond }) => [idleUsPerSecond / 1000],
  },
  {
    name: 'agent RSS',
    aim: 120,
    unit: 'MiB',
    digits: 0,
    of: 'worst',
    values: ({ loads }) => loads.filter(({ rssBytes }) => rssBytes > 0).map(({ rssBytes }) => rssBytes / MIB),
  },
  {
    name: 'BPF maps',
    aim: 16,
    unit: 'MiB',
    digits: 1,
    of: 'worst',
    strict: true,
    values: ({ mapBytes }) => [mapBytes / MIB],
  },
  {
    name: 'start to first span',
    aim: 1000,
    unit: 'ms',
    digits: 0,
    of: 'worst',
    values: ({ firstSpanMs }) => firstSpanMs,
  },
  {
    name: 'requests lost',
    aim: 0,
    unit: '',
    digits: 0,
    of: 'worst',
    strict: true,
    values: ({ loads }) => [loads.reduce((sum, { lost }) => sum + lost, 0)],
  },
];

/** @param {Who} who @param {'ns' | 'runs'} key @returns {(measured: Measured) => number[]} */
function bpf(who, key, unit = 1) {
  return ({ programs }) => programs[who].map((each) => each.reduce((sum, program) => sum + program[key], 0) / unit);
}

/** @param {(typeof ROWS)[number]} row @param {Measured} measured */
function shown({ of, values }, measured) {
  return of === 'worst' ? Math.max(...values(measured)) : median(values(measured));
}

/** The figures that missed their aim although the machine is no excuse. @param {Measured} measured @returns {string[]} */
export function failures(measured) {
  return ROWS.filter((row) => row.strict && shown(row, measured) > (aimOf(row, measured) ?? 0)).map(({ name }) => name);
}

/** @param {(typeof ROWS)[number]} row @param {Measured} measured */
function aimOf({ aim }, { aims }) {
  return typeof aim === 'function' ? aim(aims) : aim;
}

/** CPU per request with the agent over that without. @param {Who} who @returns {(block: Block) => number} */
function ratio(who) {
  return ([a, b, c, d]) => (b[who].serverNs + c[who].serverNs) / (a[who].serverNs + d[who].serverNs);
}

/** CPU per request that the agent added, in microseconds. @param {Who} who @returns {(block: Block) => number} */
function added(who) {
  return ([a, b, c, d]) => (b[who].serverNs + c[who].serverNs - a[who].serverNs - d[who].serverNs) / 2000;
}

/** @param {Estimate} value @param {number} digits @param {boolean} [signed] */
function written({ median: middle, low, high }, digits, signed = false) {
  const text = (/** @type {number} */ number) => `${signed && number >= 0 ? '+' : ''}${number.toFixed(digits)}`;
  return `${text(middle)} (${text(low)} … ${text(high)})`;
}

/** @param {Measured} measured */
function figureLines(measured) {
  return ROWS.filter(({ values }) => values(measured).length > 0).map((row) => {
    const { name, unit, digits, of, values } = row;
    const aim = aimOf(row, measured);
    const all = values(measured);
    const value = shown(row, measured);
    const text = (/** @type {number} */ number) => `${number.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
    const range = all.length === 1 ? '' : `${Math.min(...all).toFixed(digits)} – ${Math.max(...all).toFixed(digits)}`;
    const goal = aim === undefined ? '' : `≤ ${text(aim)}, ${value <= aim ? 'met' : 'missed'}`;
    return `| ${name}${of === 'worst' && all.length > 1 ? ' (worst)' : ''} | ${text(value)} | ${range} | ${goal} |`;
  });
}

/** @param {Measured} measured */
function cpuLines({ blocks, shams }) {
  return /** @type {const} */ (['observed', 'bystander']).map((who) => {
    const off = median(blocks.flatMap(([a, , , d]) => [a[who].serverNs, d[who].serverNs])) / 1000;
    const difference = estimateDifference(blocks.map(added(who)), shams.map(added(who)));
    const isNoise = difference.low <= 0 && difference.high >= 0;
    return (
      `| ${who} | ${off.toFixed(2)} | ${written(estimate(blocks.map(ratio(who))), 3)} | ${written(estimate(shams.map(ratio(who))), 3)} | ` +
      `${written(difference, 2, true)} | ${isNoise ? 'within noise' : 'seen'} |`
    );
  });
}

/** @param {Measured} measured */
function programLines({ programs }) {
  const names = new Set(programs.observed.flat().map(({ name }) => name));
  return [...names].flatMap((name) => {
    const of = (/** @type {Who} */ who, /** @type {'runs' | 'ns'} */ key) =>
      median(programs[who].map((each) => each.find((program) => program.name === name)?.[key] ?? 0));
    if (of('observed', 'runs') < 0.005) return [];
    const cells = /** @type {const} */ (['observed', 'bystander']).map(
      (who) => `${of(who, 'runs').toFixed(2)} | ${of(who, 'ns').toFixed(0)}`,
    );
    return [`| ${name} | ${cells.join(' | ')} |`];
  });
}

/** @param {Measured} measured */
function rateLine({ blocks }) {
  const rate = (/** @type {(block: Block) => import('./scenario.mjs').Phases[]} */ pick) =>
    median(blocks.flatMap(pick).map(({ observed }) => observed.ratePerSecond)).toFixed(0);
  return `Requests per second of the observed server: ${rate(([a, , , d]) => [a, d])} off, ${rate(([, b, c]) => [b, c])} on.`;
}

/**
 * Markdown tables: the figures with their aims, CPU with and without, and where the time in BPF goes.
 *
 * @param {string} title @param {Measured} measured
 */
export function markdown(title, measured) {
  return [
    `### ${title}`,
    '',
    `| | | lowest – highest | aim |`,
    '|---|---:|---:|---|',
    ...figureLines(measured),
    '',
    '| server | CPU/request off, µs | on / off | off / off | added, µs | |',
    '|---|---:|---:|---:|---:|---|',
    ...cpuLines(measured),
    '',
    `Medians with 95 % intervals of ${measured.blocks.length} blocks off-on-on-off and as many without an agent in the middle (off / off); ` +
      `added is the difference between the two. ${rateLine(measured)} ${measured.sent} requests should have made a span.`,
    '',
    '| BPF program | runs per request | ns per request | runs, bystander | ns, bystander |',
    '|---|---:|---:|---:|---:|',
    ...programLines(measured),
  ].join('\n');
}
