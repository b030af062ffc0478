// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { mixedAsks } from './asks.mjs';
import { judge } from './judge.mjs';
import { LagLog } from './lag.mjs';
import { setUp } from './measure.mjs';
import { Watching } from './watching.mjs';

const ASKS = 48;
const REPEATS = 60;

/**
 * A client asks our server; its spans are judged by the log there.
 *
 * @param {import('./row.mjs').ClientRow} row
 * @returns {Promise<import('./measure.mjs').Result>}
 */
export async function measureClient(row) {
  const setting = await setUp({ id: row.id });
  const { origin, originPort, folder, word } = setting;
  const lags = new LagLog();
  setting.ends.push(() => lags.close());
  try {
    const watching = await Watching.start([{ cmdArgs: `*${word}*` }]);
    setting.ends.push(() => watching.close());
    const app = await row.start({ base: `http://127.0.0.1:${originPort}`, folder, word, repeats: REPEATS });
    setting.ends.push(() => app.stop());
    if (row.ask !== undefined) {
      await watching.selected(app.pids);
      await row.ask(app, `http://127.0.0.1:${originPort}`, mixedAsks('asks', ASKS));
    } else {
      await ended(app);
    }
    /** @type {import('./talk.mjs').Truth[]} */
    const truths = await origin.ask('take');
    for (const truth of truths) truth.lagNs += lags.during(truth.sendNs, truth.endNs);
    await watching.settled(() => watching.spans.length >= truths.length);
    const drops = watching.takeDrops();
    await watching.close();
    const total = Object.values(drops).reduce((sum, count) => sum + count, 0);
    const findings = judge({ side: 'client', truths, spans: watching.spans, drops: total });
    const expected = row.ask === undefined ? 1 : ASKS;
    const failure =
      truths.length < expected ? `the client asked ${truths.length} times: ${app.stderr().slice(-300)}` : undefined;
    return { profile: 'asks', requests: truths.length, findings, drops, ...(failure === undefined ? {} : { failure }) };
  } finally {
    await setting.close();
  }
}

/** @param {import('./row.mjs').App} app */
async function ended({ child }) {
  child.stdout?.resume();
  if (child.exitCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}
