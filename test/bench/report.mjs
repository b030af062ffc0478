// @ts-check
import { median } from './measure.mjs';

/** @typedef {import('./scenario.mjs').Pair} Pair */

const MIB = 1024 * 1024;

/**
 * The rows of the report: what it is, its aim in the design, its value in each pair, and how to write it.
 *
 * @type {{ name: string, aim?: number, unit: string, digits: number, worst?: boolean, value: (pair: Pair) => number }[]}
 */
export const ROWS = [
  { name: 'BPF time per request', aim: 3, unit: 'µs', digits: 2, value: (pair) => pair.bpfNs / 1000 },
  { name: 'BPF runs per request', aim: 12, unit: '', digits: 1, value: (pair) => pair.bpfRuns },
  { name: 'agent CPU per request', aim: 15, unit: 'µs', digits: 1, value: (pair) => pair.agentUs },
  { name: 'agent RSS', aim: 120, unit: 'MiB', digits: 0, worst: true, value: (pair) => pair.rssBytes / MIB },
  { name: 'BPF maps', aim: 16, unit: 'MiB', digits: 1, worst: true, value: (pair) => pair.mapBytes / MIB },
  { name: 'start to first span', aim: 1000, unit: 'ms', digits: 0, worst: true, value: (pair) => pair.firstSpanMs },
  { name: 'requests lost', aim: 0, unit: '', digits: 0, worst: true, value: (pair) => pair.lost },
  { name: 'server CPU per request, off', unit: 'µs', digits: 2, value: (pair) => pair.off.observed.serverNs / 1000 },
  { name: 'server CPU per request, on', unit: 'µs', digits: 2, value: (pair) => pair.on.observed.serverNs / 1000 },
  {
    name: 'server CPU, on / off',
    unit: '×',
    digits: 2,
    value: (pair) => pair.on.observed.serverNs / pair.off.observed.serverNs,
  },
  {
    name: 'bystander CPU, on / off',
    unit: '×',
    digits: 2,
    value: (pair) => pair.on.bystander.serverNs / pair.off.bystander.serverNs,
  },
  { name: 'requests/s, off', unit: '', digits: 0, value: (pair) => pair.off.observed.ratePerSecond },
  { name: 'requests/s, on', unit: '', digits: 0, value: (pair) => pair.on.observed.ratePerSecond },
];

/**
 * Markdown tables: the figures with their aims, and where the time in BPF goes.
 *
 * @param {string} title @param {readonly Pair[]} pairs
 */
export function markdown(title, pairs) {
  const lines = [`### ${title}`, '', '| | median | lowest – highest | aim | |', '|---|---:|---:|---:|---|'];
  for (const { name, aim, unit, digits, worst, value } of ROWS) {
    const values = pairs.map(value);
    const shown = worst ? Math.max(...values) : median(values);
    const text = (/** @type {number} */ number) => `${number.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
    const range = `${Math.min(...values).toFixed(digits)} – ${Math.max(...values).toFixed(digits)}`;
    const met = aim === undefined ? '' : shown <= aim ? 'met' : 'missed';
    lines.push(
      `| ${name}${worst ? ' (worst)' : ''} | ${text(shown)} | ${range} | ${aim === undefined ? '' : `≤ ${text(aim)}`} | ${met} |`,
    );
  }
  lines.push('', '| BPF program | runs per request | ns per request |', '|---|---:|---:|');
  for (const { name, runs, ns } of pairs.at(-1)?.programs ?? []) {
    if (runs > 0) lines.push(`| ${name} | ${runs.toFixed(2)} | ${ns.toFixed(0)} |`);
  }
  return lines.join('\n');
}
