// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownOf } from './known.mjs';
import { PROFILES } from './profiles.mjs';

const PAGE = fileURLToPath(new URL('../../docs/field.md', import.meta.url));
const RESULTS = fileURLToPath(new URL('../../.cache/field/', import.meta.url));

/** What each profile of a row came to when it ran last. @typedef {Record<string, { line: string, requests: number, rounds?: number | undefined }>} Results */

/** @param {string} row @returns {Results | undefined} */
function readResults(row) {
  const file = join(RESULTS, `${row}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Keeps a result for the page. @param {string} row @param {import('./measure.mjs').Result} result @param {string} line */
export function keepResult(row, { profile, requests, rounds }, line) {
  mkdirSync(RESULTS, { recursive: true });
  const results = { ...readResults(row), [profile]: { line, requests, rounds } };
  writeFileSync(join(RESULTS, `${row}.json`), JSON.stringify(results, undefined, 1));
}

/** Writes docs/field.md of the last result of every row. @param {readonly import('./row.mjs').Row[]} rows @param {readonly import('./row.mjs').ClientRow[]} clientRows */
export function writePage(rows, clientRows) {
  const ran = [...rows, ...clientRows].filter(({ id }) => readResults(id) !== undefined);
  /** @type {string[]} */
  const lines = [];
  for (const { id, stack } of ran) {
    const all = Object.entries(readResults(id) ?? {});
    const odd = all.filter(([, { line }]) => line !== 'exact');
    const requests = all.reduce((sum, [, one]) => sum + one.requests, 0);
    const told = odd.map(([profile, { line, rounds }]) => {
      const reason = knownOf(id, profile)?.why;
      const name = rounds === undefined ? profile : `${profile} × ${rounds}`;
      return `\`${name}\`: ${reason ?? 'not explained'} (${line.replace(/: .*$/s, '')})`;
    });
    lines.push(`| ${stack} | ${requests} | ${all.length - odd.length} of ${all.length} | ${told.join('<br>')} |`);
  }
  const left = rows.flatMap(({ stack, leaves = {} }) =>
    Object.entries(leaves).map(([profile, why]) => `- ${stack}, \`${profile}\`: ${why}`),
  );
  const profiles = Object.entries(PROFILES).map(([name, { title }]) => `| \`${name}\` | ${title} |`);
  writeFileSync(
    PAGE,
    `<!-- Written by \`npm run test:field -- --write-docs\`. Do not edit. -->

# The field

Ordinary servers, proxies and clients, driven with ordinary, and with rude, traffic. Each span is compared with the log of the other end of its connection,
which is ours to the byte: that there is one, method, path, query, status, \`error.type\`, body sizes, \`traceparent\`, addresses and ports, start, first byte and
end by the other end's own clock. Requests differ from their neighbours in status, size and delay, so that no span can tell another request's story.
All profiles of a row share one server and one tracer, so that what one client does to another would show.

What is not exact is, the worst first: \`wrong\` (a span says what is not true), \`lost\` (no span, not counted), \`unset\` (a span leaves open what was to be known),
\`counted\` (no span, but counted), \`inflated\` (more was counted than is missing). The size of a chunked body may be unset.

| stack | requests | profiles exact | what is not, and why |
| --- | --- | --- | --- |
${lines.join('\n')}

## Profiles

\`late × N\`: the agent is started N times while traffic flows on kept connections of a server whose workers share a port.

| profile | traffic |
| --- | --- |
${profiles.join('\n')}
${left.length > 0 ? `\n## Left out\n\n${left.join('\n')}\n` : ''}`,
  );
}
