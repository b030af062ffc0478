// @ts-check
import { COLUMNS, SIDES } from './columns.mjs';
import { reasonOf } from './rows.mjs';
import { SIGNS } from './table.mjs';

const INTRODUCTION = `<!-- Written by \`npm run test:matrix -- --write-docs\`. Do not edit. -->

# What is seen

Each cell is a test that sends 200 requests over 4 connections and compares the spans, one by one, with what the other end of the
connection saw: how many, method, path, status (gRPC: service, method and gRPC status), addresses and ports; that no ciphertext left
the kernel; that nothing of another process is in it. Each was run twice: with the tracer there before the process was started,
and with a process that was already running and had connections open. Of those older connections some things cannot be known, and are
unset and counted: the first request over TLS, and header fields of HTTP/2 that refer back to what was said before.

First sign: as a server; second sign: as a client. ✓ exact · ✗ not always exact · ○ not seen, and nothing false is said · – there is no such thing
`;

/** The page docs/support-matrix.md of a run in which every cell was as its row says. @param {readonly import('./row.mjs').Row[]} rows */
export function document(rows) {
  /** @type {string[]} */
  const notes = [];
  const sign = (/** @type {string} */ one, /** @type {string | undefined} */ why) => {
    if (why === undefined) return one;
    if (!notes.includes(why)) notes.push(why);
    return `${one}<sup>${notes.indexOf(why) + 1}</sup>`;
  };
  const cell = (/** @type {import('./row.mjs').Row} */ row, /** @type {import('./columns.mjs').ColumnId} */ id) =>
    SIDES.map((side) => {
      const none = reasonOf(row, side, id);
      const unseen = row.unseen?.[side]?.[id];
      const wrong = row.wrong?.[side]?.[id];
      if (none !== undefined) return sign(SIGNS.none, none);
      if (unseen !== undefined) return sign(SIGNS.unseen, unseen);
      return wrong === undefined ? SIGNS.yes : sign(SIGNS.no, wrong);
    }).join(' ');
  const lines = rows.map((row) => [row.language, row.stack, ...COLUMNS.map(({ id }) => cell(row, id))]);
  const header = ['language', 'stack', ...COLUMNS.map(({ title }) => title)];
  const table = [header, header.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
  const numbered = notes.map((note, at) => `${at + 1}. ${note.replaceAll('\n', ' ')}`).join('\n');
  return `${INTRODUCTION}\n${table}\n\n${numbered}\n`;
}
