// @ts-check
import { COLUMNS, SIDES } from './columns.mjs';
import { reasonOf } from './rows.mjs';

/**
 * @typedef {import('./row.mjs').Row} Row
 * @typedef {{ row: Row, cells: Map<string, string[]>, unavailable: string | undefined }} RowResult `cells` has the faults by `side column`
 * @typedef {'yes' | 'no' | 'wrong' | 'unseen' | 'none' | 'unavailable'} Verdict
 */

export const SIGNS = { yes: '✓', no: '✗', wrong: '✗', unseen: '○', none: '–', unavailable: '?' };

/** @param {RowResult} result @param {'server' | 'client'} side @param {import('./columns.mjs').ColumnId} column @returns {{ verdict: Verdict, why: string }} */
export function verdictOf({ row, cells, unavailable }, side, column) {
  const reason = reasonOf(row, side, column);
  if (reason !== undefined) return { verdict: 'none', why: reason };
  if (unavailable !== undefined) return { verdict: 'unavailable', why: unavailable };
  const faults = cells.get(`${side} ${column}`) ?? ['not measured'];
  const known = row.wrong?.[side]?.[column];
  if (faults.length > 0 && known !== undefined) return { verdict: 'wrong', why: known };
  if (faults.length > 0) return { verdict: 'no', why: faults.join('\n') };
  const unseen = row.unseen?.[side]?.[column];
  return unseen === undefined ? { verdict: 'yes', why: '' } : { verdict: 'unseen', why: unseen };
}

/** One line a row, one sign a cell: server, client. @param {readonly RowResult[]} results */
export function formatTable(results) {
  const lines = results.map((result) => [
    `${result.row.language}: ${result.row.stack}`,
    ...COLUMNS.map(({ id }) => SIDES.map((side) => SIGNS[verdictOf(result, side, id).verdict]).join(' ')),
  ]);
  const all = [['server client', ...COLUMNS.map(({ title }) => title)], ...lines];
  const widths = COLUMNS.map(({ title }) => title.length);
  const first = Math.max(...all.map(([name]) => (name ?? '').length));
  return all
    .map(([name = '', ...cells]) =>
      [name.padEnd(first), ...cells.map((cell, at) => cell.padEnd(widths[at] ?? 0))].join('  ').trimEnd(),
    )
    .join('\n');
}

/** The sum, and a line for what failed and what was left out. @param {readonly RowResult[]} results @param {boolean} strict */
export function tally(results, strict) {
  const sum = { passed: 0, failed: 0, skipped: 0, lines: /** @type {string[]} */ ([]) };
  for (const result of results) {
    let unavailable = 0;
    /** Cells that failed for the same reason. @type {Map<string, string[]>} */
    const failed = new Map();
    for (const side of SIDES) {
      for (const { id, title } of COLUMNS) {
        const { verdict, why } = verdictOf(result, side, id);
        if (verdict === 'yes' || verdict === 'unseen') sum.passed += 1;
        if (verdict === 'unavailable') unavailable += 1;
        if (verdict === 'wrong') {
          sum.skipped += 1;
          sum.lines.push(`skipped  ${result.row.id} ${side} ${title} (1): optional: known to be wrong: ${why}`);
        }
        if (verdict === 'no') failed.set(why, [...(failed.get(why) ?? []), `${side} ${title}`]);
      }
    }
    for (const [why, cells] of failed) {
      sum.failed += cells.length;
      sum.lines.push(
        `FAILED   ${result.row.id}: ${cells.join(', ')}`,
        ...why.split('\n').map((line) => `         ${line}`),
      );
    }
    if (unavailable === 0) continue;
    sum[strict ? 'failed' : 'skipped'] += unavailable;
    sum.lines.push(`skipped  ${result.row.id} (${unavailable}): ${result.unavailable?.split('\n')[0]}`);
  }
  return sum;
}
