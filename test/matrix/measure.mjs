// @ts-check
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS, columnOf } from './columns.mjs';
import { judge } from './judge.mjs';
import { contentsOf } from './recording.mjs';
import { portsOf } from './row.mjs';
import { Watching } from './watching.mjs';

/**
 * @typedef {import('./columns.mjs').ColumnId} ColumnId
 * @typedef {import('./row.mjs').Row} Row
 * @typedef {'server' | 'client'} Side
 * @typedef {'before' | 'late'} Attach
 * @typedef {{ row: Row, side: Side, attach: Attach, peer: import('./peer.mjs').Peer, tls: import('../support/tls-files.mjs').TlsFiles }} Measurement
 */

const REQUESTS = 200;
const CONNECTIONS = 4;
/** Requests, and connections, before the tracer begins. */
const EARLIER = { count: 10, connections: 2 };

/**
 * Runs all columns of one side of a row, the tracer there before the process starts or late, and says what is wrong in each.
 *
 * @param {Measurement} measurement
 * @returns {Promise<Map<ColumnId, string[]>>}
 */
export async function measure(measurement) {
  const { peer, row, side, tls } = measurement;
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  const ends = /** @type {(() => unknown)[]} */ ([
    () => rmSync(folder, { recursive: true, force: true }),
    () => peer.hangUp(),
  ]);
  const word = `matrix-${row.id}-${randomBytes(4).toString('hex')}`;
  // Servers that were started by root read their files as somebody else.
  chmodSync(folder, 0o755);
  const context = { word, folder, tls, peer, urls: urlsOf(peer), words: [`ca=${tls.ca}`, word] };
  const setting = { ...measurement, recordTo: join(folder, 'run.beyla'), context, ends };
  try {
    return await (side === 'server' ? measureServer(setting) : measureClient(setting));
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** @typedef {Measurement & { recordTo: string, context: import('./row.mjs').Context, ends: (() => unknown)[] }} Setting */

/** @param {import('./peer.mjs').Peer} peer */
function urlsOf({ ports }) {
  const url = (/** @type {import('./columns.mjs').Column} */ { id, kind, tls }) =>
    kind === 'grpc' ? `127.0.0.1:${ports[id]}` : `${tls ? 'https' : 'http'}://127.0.0.1:${ports[id]}`;
  return /** @type {Record<ColumnId, string>} */ (
    Object.fromEntries(COLUMNS.map((column) => [column.id, url(column)]))
  );
}

/** @param {Setting} setting */
async function measureServer(setting) {
  const { row, peer, context, tls } = setting;
  const server = /** @type {import('./row.mjs').ServerSide} */ (row.server);
  const ports = await portsOf(server.columns);
  const words = [
    ...server.columns.map((column) => `${column}=${ports[column]}`),
    `cert=${tls.cert}`,
    `key=${tls.key}`,
    context.word,
  ];
  const start = async () => {
    const apps = [await server.start({ ...context, ports, words })].flat();
    for (const app of apps) setting.ends.push(() => app.stop());
    return apps;
  };
  const send = (
    /** @type {ColumnId} */ column,
    /** @type {{ first: number, count: number, connections: number }} */ load,
  ) => peer.send({ column, port: ports[column], ...load });

  const listened = server.columns.map((column) => ports[column]);
  const { apps, watching } = await attached(setting, { openPorts: listened }, start, async () => {
    for (const column of server.columns) await send(column, { first: 0, ...EARLIER });
    await peer.mark();
  });
  /** @type {import('./peer.mjs').Truth[]} */
  const truth = [];
  for (const [index, column] of server.columns.entries()) {
    const first = (index + 1) * 1000;
    truth.push(...(await send(column, { first, count: REQUESTS, connections: CONNECTIONS })));
  }
  return await verdicts({
    setting,
    apps,
    watching,
    truth,
    columns: server.columns,
    ports,
    portOf: (span) => span.local.port,
  });
}

/** @param {Setting} setting */
async function measureClient(setting) {
  const { row, peer, context } = setting;
  const side = /** @type {import('./row.mjs').ClientSide} */ (row.client);
  /** @type {import('./row.mjs').Client | undefined} */
  let client;
  const start = async () => {
    client = await side.start(context);
    for (const app of client.apps) setting.ends.push(() => app.stop());
    return client.apps;
  };
  const send = (/** @type {Parameters<import('./row.mjs').Client['send']>} */ ...load) => client?.send(...load);

  const { apps, watching } = await attached(setting, { cmdArgs: `*${context.word}*` }, start, async () => {
    if (client?.once) return;
    for (const column of side.columns) await send(column, 0, EARLIER.count, EARLIER.connections);
    await peer.mark();
    await peer.take();
  });
  for (const [index, column] of side.columns.entries()) {
    await send(column, (index + 1) * 1000, REQUESTS, CONNECTIONS);
  }
  const truth = await peer.take();
  return await verdicts({
    setting,
    apps,
    watching,
    truth,
    columns: side.columns,
    ports: peer.ports,
    portOf: (span) => span.remote.port,
  });
}

/**
 * The tracer before the program, or the program first, which has done something by then.
 *
 * @param {Setting} setting @param {import('@beyla/core').ProcessSelector} selector
 * @param {() => Promise<readonly import('./row.mjs').App[]>} start @param {() => Promise<void>} workBefore
 */
async function attached({ attach, recordTo, ends }, selector, start, workBefore) {
  const watch = async (/** @type {import('@beyla/core').ProcessSelector} */ which) => {
    const watching = await Watching.start(which, recordTo);
    ends.push(() => watching.close());
    return watching;
  };
  if (attach === 'before') {
    const watching = await watch(selector);
    const apps = await start();
    await watching.selected(apps.flatMap((app) => app.pids()));
    return { apps, watching };
  }
  const apps = await start();
  await workBefore();
  const pids = apps.flatMap((app) => app.pids());
  const watching = await watch({ targetPids: pids });
  await watching.selected(pids);
  return { apps, watching };
}

/**
 * @param {object} run
 * @param {Setting} run.setting
 * @param {readonly import('./row.mjs').App[]} run.apps
 * @param {Watching} run.watching
 * @param {readonly import('./peer.mjs').Truth[]} run.truth
 * @param {readonly ColumnId[]} run.columns
 * @param {Readonly<Record<ColumnId, number>>} run.ports of the servers
 * @param {(span: { local: { port: number }, remote: { port: number } }) => number} run.portOf the server's
 */
async function verdicts({ setting: { row, side, recordTo }, apps, watching, truth, columns, ports, portOf }) {
  const unseen = row.unseen?.[side] ?? {};
  const isSeen = (/** @type {ColumnId} */ column) => unseen[column] === undefined;
  await watching.settled(side, truth.filter(({ column }) => isSeen(column)).length);
  const pids = new Set(apps.flatMap((app) => app.pids()));
  const losses = watching.losses();
  const counted = { left: watching.drops };
  await watching.close();
  const contents = contentsOf(recordTo);
  const contentPort = (/** @type {import('./recording.mjs').Content} */ { localPort, remotePort }) =>
    portOf({ local: { port: localPort }, remote: { port: remotePort } });

  const foreign = [
    ...watching.spans
      .filter((span) => !pids.has(span.process.pid))
      .map((span) => `a span of process ${span.process.pid}`),
    ...contents.filter(({ pid }) => !pids.has(pid)).map(({ pid }) => `bytes of process ${pid}`),
    ...watching.errors.map((error) => `error: ${error.message}`),
  ];
  const known = new Set(columns.map((column) => ports[column]));
  const astray = watching.spans.filter((span) => span.kind.endsWith(side) && !known.has(portOf(span)));
  if (astray.length > 0) foreign.push(`${astray.length} spans of port ${astray[0] && portOf(astray[0])}`);

  return new Map(
    columns.map((id) => {
      const column = columnOf(id);
      const sent = truth.filter((one) => one.column === id);
      const spans = watching.spans.filter((span) => span.kind.endsWith(side) && portOf(span) === ports[id]);
      const faults = isSeen(id)
        ? judge({
            column,
            side,
            truth: sent,
            spans,
            count: REQUESTS,
            answers: side === 'server' ? row.server?.answers : undefined,
            // What is known to be wrong is no excuse for the rest.
            counted: row.wrong?.[side]?.[id] === undefined ? counted : { left: 0 },
          })
        : spans.map((span) => `a ${span.kind} span where nothing can be seen`).slice(0, 1);
      const mine = contents.filter((content) => contentPort(content) === ports[id]);
      // What is not marked as plaintext is what went over the wire.
      const encrypted = mine.filter(({ isPlaintextOfTls }) => isPlaintextOfTls !== column.tls);
      if (encrypted.length > 0) faults.push(`${encrypted.length} records with ciphertext left the kernel`);
      if (faults.length > 0 && losses.length > 0)
        faults.push(`counted: ${losses.map(([name, n]) => `${name} ${n}`).join(', ')}`);
      return [id, [...new Set([...foreign, ...faults])]];
    }),
  );
}
