// @ts-check
import { readdirSync } from 'node:fs';
import { COLUMNS, SIDES } from './columns.mjs';

/** Every row there is, by file and then in the order of the file; throws where one does not account for each of its cells. */
export async function allRows() {
  const folder = new URL('rows/', import.meta.url);
  /** @type {import('./row.mjs').Row[]} */
  const all = [];
  for (const file of readdirSync(folder).sort()) {
    const { rows } = await import(new URL(file, folder).href);
    all.push(...rows);
  }
  for (const row of all) check(row);
  return all;
}

/** Why a side of a row has no such column; undefined when it has. @param {import('./row.mjs').Row} row @param {'server' | 'client'} side @param {import('./columns.mjs').ColumnId} column */
export function reasonOf(row, side, column) {
  if (row[side]?.columns.includes(column)) return undefined;
  return row.cannot[side]?.[column] ?? row.cannot[side]?.others;
}

/** @param {import('./row.mjs').Row} row */
function check(row) {
  for (const side of SIDES) {
    for (const { id } of COLUMNS) {
      const has = row[side]?.columns.includes(id);
      if (!has && reasonOf(row, side, id) === undefined)
        throw new Error(`${row.id}: no reason why there is no ${side} ${id}`);
      if (has && row.cannot[side]?.[id] !== undefined)
        throw new Error(`${row.id}: a reason for ${side} ${id}, which is there`);
    }
  }
}
