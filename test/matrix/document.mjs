// @ts-check
import { COLUMNS, SIDES } from './columns.mjs';
import { SIGNS, verdictOf } from './table.mjs';

const INTRODUCTION = `<!-- Written by \`npm run test:matrix -- --write-docs\`. Do not edit. -->

# What is seen

Each cell is a test that sends 200 requests over 4 connections and compares the spans, one by one, with what the other end of the
connection saw: how many, method, path, status (gRPC: service, method and gRPC status), addresses and ports; that no ciphertext left
the kernel; that nothing of another process is in it. Each was run twice: with the tracer there before the process was started,
and with a process that was already running and had connections open. First sign: as a server; second sign: as a client.

✓ exact · ✗ not exact · ○ not seen, and nothing false is said · – there is no such thing
`;

/** The page docs/support-matrix.md. @param {readonly import('./table.mjs').RowResult[]} results */
export function document(results) {
  /** @type {string[]} */
  const notes = [];
  const cell = (
    /** @type {import('./table.mjs').RowResult} */ result,
    /** @type {import('./columns.mjs').ColumnId} */ id,
  ) =>
    SIDES.map((side) => {
      const { verdict, why } = verdictOf(result, side, id);
      if (verdict === 'yes' || verdict === 'no') return SIGNS[verdict];
      if (!notes.includes(why)) notes.push(why);
      return `${SIGNS[verdict]}<sup>${notes.indexOf(why) + 1}</sup>`;
    }).join(' ');
  const lines = results.map((result) => [
    result.row.language,
    result.row.stack,
    ...COLUMNS.map(({ id }) => cell(result, id)),
  ]);
  const header = ['language', 'stack', ...COLUMNS.map(({ title }) => title)];
  const table = [header, header.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
  const numbered = notes.map((note, at) => `${at + 1}. ${note.replaceAll('\n', ' ')}`).join('\n');
  return `${INTRODUCTION}\n${table}\n\n${numbered}\n`;
}
