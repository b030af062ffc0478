// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { readdirSync } from 'node:fs';

const FOLDER = new URL('rows/', import.meta.url);

/** Every client row. @returns {Promise<readonly import('./row.mjs').ClientRow[]>} */
export async function allClientRows() {
  return (await import('./rows/clients.mjs')).clientRows;
}

/** Every row of a server or a proxy, by id. @returns {Promise<import('./row.mjs').Row[]>} */
export async function allRows() {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'));
  const modules = await Promise.all(files.map((name) => import(new URL(name, FOLDER).href)));
  const rows = modules.flatMap((module) => /** @type {import('./row.mjs').Row[]} */ (module.rows ?? []));
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}
