// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/run-app.mjs';
import { Helper } from './helper.mjs';
import { judge } from './judge.mjs';
import { LagLog } from './lag.mjs';
import { makeNetwork } from './network.mjs';
import { PROFILES } from './profiles.mjs';
import { Watching } from './watching.mjs';

/**
 * @typedef {import('./row.mjs').Row} Row
 * @typedef {import('./judge.mjs').Finding} Finding
 * @typedef {import('./talk.mjs').Truth} Truth
 *
 * @typedef {object} Result
 * @property {string} profile
 * @property {number} requests
 * @property {readonly Finding[]} findings
 * @property {Readonly<Record<string, number>>} drops
 * @property {number} [rounds] how often the agent was restarted
 * @property {string} [failure] the laboratory itself failed
 *
 * @typedef {object} Portion what belongs to one profile
 * @property {string} profile
 * @property {readonly Truth[]} truths
 * @property {readonly Truth[]} origin
 * @property {number} strange things beside requests that may be counted
 * @property {Readonly<Record<string, number>>} drops
 * @property {number} firstSpan
 */

const PROFILE_TIMEOUT_MS = 60_000;

/** The profiles a row takes part in. @param {Row} row @param {readonly string[]} words */
export function profilesOf(row, words) {
  return Object.entries(PROFILES)
    .filter(([name]) => words.length === 0 || words.includes(name))
    .filter(([name]) => row.only?.includes(name) ?? true)
    .filter(
      ([name, { needs = [] }]) =>
        row.leaves?.[name] === undefined && needs.every((ability) => row.able.includes(ability)),
    )
    .map(([name]) => name);
}

/** Everything a row runs in; `close` ends it. @param {Pick<Row, 'id' | 'network'> & Partial<Pick<Row, 'start'>>} row */
export async function setUp(row) {
  const folder = mkdtempSync(join(tmpdir(), 'field-'));
  // Servers that were started by root read their files as somebody else.
  chmodSync(folder, 0o755);
  /** @type {(() => unknown)[]} */
  const ends = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const network = row.network === undefined ? undefined : makeNetwork({ steered: row.network === 'veth-rps' });
    if (network !== undefined) ends.push(network.remove);
    const client = new Helper('client-process.mjs', network?.inside('client'));
    ends.push(() => client.stop());
    const origin = new Helper('origin-process.mjs');
    ends.push(() => origin.stop());
    const originPort = /** @type {number} */ (await origin.ask('listen'));
    const port = await freePort();
    const word = `field-${row.id}-${randomBytes(4).toString('hex')}`;
    const host = network?.server ?? '127.0.0.1';
    const inside = (/** @type {string} */ command, /** @type {readonly string[]} */ args) => {
      const before = network?.inside('server');
      return /** @type {[string, string[]]} */ (
        before === undefined ? [command, [...args]] : [before.command, [...before.args, command, ...args]]
      );
    };
    const start = async () => {
      const apps = [(await row.start?.({ host, inside, port, origin: originPort, folder, word })) ?? []].flat();
      for (const app of apps) ends.push(() => app.stop());
      return apps;
    };
    const addresses = { client: network?.client ?? '127.0.0.1', server: host };
    return { client, origin, originPort, port, host, addresses, folder, word, start, ends, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Drives profiles against a row with the tracer there before it starts. @param {Row} row @param {readonly string[]} names @returns {Promise<Result[]>} */
export async function measure(row, names) {
  const setting = await setUp(row);
  const { client, origin, originPort, port, host, addresses } = setting;
  const lags = new LagLog();
  setting.ends.push(() => lags.close());
  try {
    const watching = await Watching.start([{ openPorts: port }]);
    setting.ends.push(() => watching.close());
    const apps = await setting.start();
    const pids = () => apps.flatMap((app) => app.pids());
    await watching.selected(pids);
    watching.takeDrops();
    /** @type {Portion[]} */
    const portions = [];
    /** @type {Result[]} */
    const failures = [];
    for (const profile of names) {
      const firstSpan = watching.spans.length;
      /** @type {{ truths: Truth[], strange: number }} */
      let said;
      try {
        said = await withTimeout(client.ask('run', { profile, port, host }), PROFILE_TIMEOUT_MS);
      } catch (error) {
        failures.push({ profile, requests: 0, findings: [], drops: {}, failure: String(error) });
        // What is still under way belongs to none of the next.
        await client.ask('abandon');
        await origin.ask('take');
        watching.takeDrops();
        continue;
      }
      const answered = row.isProxy ? /** @type {Truth[]} */ (await origin.ask('take')) : [];
      // What is watched, and the kernel's own threads, have no priority: they may be as late as this process, which has none either.
      for (const truth of [...said.truths, ...answered]) truth.lagNs += lags.during(truth.sendNs, truth.endNs);
      const wanted = said.truths.length + answered.length;
      await watching.settled(() => watching.spans.length - firstSpan >= wanted);
      portions.push({ profile, ...said, origin: answered, drops: watching.takeDrops(), firstSpan });
    }
    await watching.close();
    const known = new Set(pids());
    const failed = new Set(failures.map(({ profile }) => profile));
    return [...failures, ...verdicts(row, portions, watching, known, failed, { port, originPort, addresses })];
  } finally {
    await setting.close();
  }
}

/**
 * @param {Row} row @param {readonly Portion[]} portions @param {Watching} watching @param {ReadonlySet<number>} pids @param {ReadonlySet<string>} failed
 * @param {{ port: number, originPort: number, addresses: { client: string, server: string } }} ends
 * @returns {Result[]}
 */
function verdicts(row, portions, watching, pids, failed, { port, originPort, addresses }) {
  const byName = new Map(
    portions.map((portion) => [portion.profile, /** @type {import('@beyla/core').RequestSpan[]} */ ([])]),
  );
  for (const [at, span] of watching.spans.entries()) {
    const name = /^\/make\/(.+)-\d+$/.exec(span.path)?.[1] ?? '';
    const when = portions.findLast(({ firstSpan }) => firstSpan <= at)?.profile ?? '';
    // Where the laboratory failed nothing is judged.
    if (!failed.has(name) && row.asksItself?.(span) !== true) (byName.get(name) ?? byName.get(when))?.push(span);
  }
  return portions.map(({ profile, truths, origin, drops, strange }) => {
    const spans = byName.get(profile) ?? [];
    const total = Object.values(drops).reduce((sum, count) => sum + count, 0);
    const ofServer = spans.filter((span) => span.kind.endsWith('server') && span.local.port === port);
    const ofClient = spans.filter((span) => span.kind.endsWith('client') && span.remote.port === originPort);
    /** @type {Finding[]} */
    const findings = spans
      .filter((span) => !ofServer.includes(span) && !ofClient.includes(span))
      .map((span) => ({
        fault: 'wrong',
        id: span.path,
        what: `a ${span.kind} span between ${span.local.port} and ${span.remote.port}`,
      }));
    for (const { process } of spans.filter((span) => !pids.has(span.process.pid)).slice(0, 1)) {
      findings.push({ fault: 'wrong', id: '', what: `a span of process ${process.pid}` });
    }
    for (const error of watching.errors.splice(0))
      findings.push({ fault: 'wrong', id: '', what: `error: ${error.message}` });
    const server = judge({
      side: 'server',
      addresses,
      truths,
      spans: ofServer,
      corksMs: row.corksMs ?? 0,
      drops: total,
      strange: strange + (row.isProxy ? origin.length : 0),
    });
    findings.push(...server);
    if (row.isProxy) {
      const left = total - server.filter(({ fault }) => fault === 'counted').length;
      const client = judge({
        side: 'client',
        truths: origin,
        spans: ofClient,
        drops: left,
        strange: strange + truths.length,
      });
      findings.push(...client.map(({ what, ...finding }) => ({ ...finding, what: `as a client: ${what}` })));
    }
    return { profile, requests: truths.length + origin.length, findings, drops };
  });
}

/** @template T @param {Promise<T>} promise @param {number} timeoutMs @returns {Promise<T>} */
async function withTimeout(promise, timeoutMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((/** @type {(value: never) => void} */ _, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${timeoutMs} ms`)), timeoutMs);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
