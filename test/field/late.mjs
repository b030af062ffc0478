// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { judge } from './judge.mjs';
import { LagLog } from './lag.mjs';
import { setUp } from './measure.mjs';
import { Watching } from './watching.mjs';
import { nowNs } from './wire.mjs';

/**
 * @typedef {import('./judge.mjs').Finding} Finding
 * @typedef {import('./talk.mjs').Truth} Truth
 */

const CONNECTIONS = 8;
const WATCHED_MS = 600;
/** The last answers before the end are given this long to become spans. */
const AFTER_MS = 700;
/** What was answered is in the client's log after this long. */
const LOGGED_MS = 150;

/**
 * The agent is restarted so many times while traffic flows on kept connections: no span may tell another request's story, and what was
 * sent and answered while the tracer was there is seen or counted.
 *
 * @param {import('./row.mjs').Row} row @param {number} rounds
 * @returns {Promise<import('./measure.mjs').Result>}
 */
export async function measureLate(row, rounds) {
  const setting = await setUp(row);
  const { client, origin, originPort, port } = setting;
  const lags = new LagLog();
  setting.ends.push(() => lags.close());
  try {
    const apps = await setting.start();
    await client.ask('busy', { name: 'late', port, connections: CONNECTIONS, answers: row.able.includes('answers') });
    /** @type {Finding[]} */
    const findings = [];
    /** @type {Record<string, number>} */
    const drops = {};
    let requests = 0;
    for (let round = 0; round < rounds; round++) {
      const watching = await Watching.start([{ openPorts: port }]);
      setting.ends.push(() => watching.close());
      await watching.selected(() => apps.flatMap((app) => app.pids()));
      const fromNs = nowNs();
      await pause(WATCHED_MS);
      const toNs = nowNs();
      await pause(AFTER_MS);
      await watching.close();
      await pause(LOGGED_MS);
      const counted = watching.takeDrops();
      for (const [name, count] of Object.entries(counted)) drops[name] = (drops[name] ?? 0) + count;
      let left = Object.values(counted).reduce((sum, count) => sum + count, 0);
      /** @type {('server' | 'client')[]} */
      const sides = row.isProxy ? ['server', 'client'] : ['server'];
      for (const side of sides) {
        const truths = /** @type {Truth[]} */ (await (side === 'server' ? client : origin).ask('take'));
        for (const truth of truths) truth.lagNs += lags.during(truth.sendNs, truth.endNs);
        const spans = watching.spans.filter((span) =>
          side === 'server'
            ? span.kind.endsWith('server') && span.local.port === port && row.asksItself?.(span) !== true
            : span.kind.endsWith('client') && span.remote.port === originPort,
        );
        const due = truths.filter(({ sendNs, endNs }) => sendNs > fromNs && endNs < toNs);
        requests += due.length;
        const seen = new Set(spans.map(({ path }) => path));
        const unseen = due.filter(({ path }) => !seen.has(path));
        const some = [
          ...judge({ side, truths, spans, drops: 0, isPartial: true, fromNs }),
          ...judge({ side, truths: unseen, spans: [], drops: left }).filter(({ fault }) => fault !== 'inflated'),
        ];
        left -= some.filter(({ fault }) => fault === 'counted').length;
        const label = `attach ${round + 1}${side === 'client' ? ', as a client' : ''}`;
        findings.push(...some.map(({ what, ...finding }) => ({ ...finding, what: `${label}: ${what}` })));
      }
    }
    await client.ask('rest');
    return { profile: 'late', rounds, requests, findings, drops };
  } finally {
    await setting.close();
  }
}
