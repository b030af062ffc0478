// @ts-check
// The demo: three servers in three languages, none of them changed or restarted, and what the library sees of them.
//
//   npm run demo [-- --seconds 15] [-- --once]
//
// It drives the servers with known traffic, shows rate, errors and duration by service and route, and ends with what the clients
// sent against what was seen. Where BPF cannot be loaded it says why and replays a recording. `--once` prints the table once, at the end.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BeylaError, createBeyla, isHttpSpan } from '@beyla/core';
import { ConsoleExporter, PrometheusExporter } from '@beyla/exporters';
import { Account } from './account.mjs';
import { RedTable } from './red-table.mjs';
import { Screen } from './screen.mjs';
import { BUSY, driveServices, QUIET, ROUTES, startServices } from './services.mjs';

/** @typedef {import('@beyla/core').Beyla} Beyla */

const RECORDING = new URL('./recording.beyla', import.meta.url);
const RECORDED_TRUTH = new URL('./recording.json', import.meta.url);
const METRICS_PORT = 9464;
const REDRAW_MS = 500;
const PLAIN_MS = 5000;
const SETTLE_MS = 5000;
const SHOWN_PER_SERVICE = 3;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    once: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const screen = new Screen();

/** Why BPF cannot be used here; undefined for an error that is none of the machine's. @param {unknown} error */
function reasonForReplay(error) {
  const codes = [
    'UNSUPPORTED_PLATFORM',
    'KERNEL_TOO_OLD',
    'NO_BTF',
    'MISSING_CAPABILITY',
    'LOCKED_DOWN',
    'NATIVE_MISSING',
    'BPF_OBJECT_MISSING',
    'BPF_LOAD_FAILED',
    'BPF_ATTACH_FAILED',
    'SOURCE_UNAVAILABLE',
  ];
  return error instanceof BeylaError && codes.includes(error.code) ? `${error.code}: ${error.message}` : undefined;
}

/** Shows the spans of a run as they come, until `stop` is called. @param {Beyla} beyla @param {Account} account */
function show(beyla, account) {
  const red = new RedTable(performance.now());
  const beganMs = performance.now();
  /** The newest span of each service, kind and route. @type {Map<string, import('@beyla/core').RequestSpan>} */
  const newest = new Map();
  beyla.on('span', (spans) => {
    red.add(spans);
    account.seen(spans);
    for (const span of spans) {
      const place = isHttpSpan(span) ? span.route : span.path;
      newest.set(`${span.process.service.name} ${span.kind} ${place}`, span);
    }
  });
  /** @param {'last' | 'first'} since */
  const draw = (since) => {
    const table = red.render(performance.now(), since);
    const elapsed = ((performance.now() - beganMs) / 1000).toFixed(0);
    const status =
      since === 'first'
        ? `${account.totalSeen} requests seen; rates over the whole run:`
        : `${elapsed} of ${values.seconds} s, ${account.totalSeen} requests seen:`;
    if (screen.live) screen.redraw([status, ...table]);
    else screen.lines(['', status, ...table]);
  };
  const timer = values.once ? undefined : setInterval(draw, screen.live ? REDRAW_MS : PLAIN_MS, 'last');
  return {
    /** Some spans of different routes, by service, oldest first. */
    samples() {
      /** @type {Map<string, import('@beyla/core').RequestSpan[]>} */
      const byService = new Map();
      for (const [key, span] of [...newest].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const service = key.slice(0, key.lastIndexOf(' '));
        byService.set(service, [...(byService.get(service) ?? []), span]);
      }
      return [...byService.values()].flatMap((spans) => spans.slice(0, SHOWN_PER_SERVICE));
    },
    stop() {
      clearInterval(timer);
      draw('first');
    },
  };
}

/** Resolves when everything that was sent is seen or dropped, or nothing more is to be expected. @param {Beyla} beyla @param {Account} account */
async function settle(beyla, account) {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, SETTLE_MS);
    const look = () => {
      if (account.totalSeen >= account.totalSent) {
        clearTimeout(timer);
        resolve(undefined);
      }
    };
    beyla.on('span', look);
    look();
  });
}

/** A few spans, as the console exporter writes them. @param {readonly import('@beyla/core').RequestSpan[]} spans */
async function printSpans(spans) {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const exporter = new ConsoleExporter({ stream });
  await exporter.start();
  exporter.export(spans);
  await exporter.close();
  screen.lines(text.trimEnd().split('\n'));
}

/** The last words: sent against seen. @param {Beyla} beyla @param {Account} account */
function conclude(beyla, account) {
  screen.line();
  screen.line(screen.bold('What the clients sent, and what was seen'));
  screen.lines(account.render());
  const drops = Object.entries(beyla.stats().drops).filter(([, count]) => count > 0);
  for (const [reason, count] of drops) screen.line(`dropped  ${reason}: ${count}`);
  if (!account.exact) process.exitCode = 1;
}

/** Metrics go to the usual port, or to any other where that is taken. @param {import('@beyla/core').ProcessSelector[]} instrument */
async function watch(instrument, metricsPort = METRICS_PORT) {
  const prometheus = new PrometheusExporter({ host: '127.0.0.1', port: metricsPort });
  try {
    const beyla = await createBeyla({
      discovery: { instrument },
      // The load generator takes every CPU it gets, and the ring must hold what comes while this process waits for one.
      tracer: { ringBytes: 16 << 20 },
      routes: { patterns: ROUTES },
      exporters: [prometheus],
      ...(values.record ? { recordTo: fileURLToPath(RECORDING) } : {}),
    });
    return { beyla, metrics: `http://127.0.0.1:${prometheus.port}/metrics` };
  } catch (error) {
    if (error instanceof BeylaError && error.code === 'PORT_IN_USE') return await watch(instrument, 0);
    throw error;
  }
}

/** The recording is made of the demo's own servers: everybody may read it, unlike a recording of yours. @param {Account} account */
function keepRecording(account) {
  const rows = account.sentRows().map((row) => `  [${row.map((cell) => JSON.stringify(cell)).join(', ')}]`);
  writeFileSync(RECORDED_TRUTH, `[\n${rows.join(',\n')}\n]\n`);
  chmodSync(RECORDING, 0o644);
}

async function live() {
  // Whether BPF can be loaded here is known before anything is started.
  await (await createBeyla({ discovery: { instrument: [{ targetPids: [process.pid] }] } })).close();
  const services = await startServices();
  try {
    const began = performance.now();
    const instrument = Object.entries(services).map(([name, app]) => ({ name, targetPids: app.pids() }));
    const { beyla, metrics } = await watch(instrument);
    try {
      const tookMs = (performance.now() - began).toFixed(0);
      screen.line(`Watching three unchanged servers (source ${beyla.source}, ready after ${tookMs} ms):`);
      for (const [name, { pid, port }] of Object.entries(services)) {
        screen.line(`  ${name.padEnd(7)} process ${pid}, http://127.0.0.1:${port}`);
      }
      screen.line(`Scrape ${metrics} meanwhile.`);
      screen.line();
      const account = new Account();
      const shown = show(beyla, account);
      await driveServices(account, services, Number(values.seconds), values.record ? QUIET : BUSY);
      await settle(beyla, account);
      shown.stop();
      screen.line();
      screen.line(screen.bold('Some of the spans'));
      await printSpans(shown.samples());
      await beyla.close();
      conclude(beyla, account);
      if (values.record) keepRecording(account);
    } finally {
      await beyla.close();
    }
  } finally {
    await Promise.all(Object.values(services).map((app) => app.stop()));
  }
}

/** @param {string} reason */
async function replay(reason) {
  screen.line('BPF cannot be loaded here, so this is a recording of an earlier run, not your machine.');
  screen.line(reason);
  if (!existsSync(RECORDING)) {
    screen.line(`There is no recording at ${fileURLToPath(RECORDING)} either.`);
    process.exitCode = 1;
    return;
  }
  const account = new Account();
  for (const [service, kind, method, route, status, count] of JSON.parse(readFileSync(RECORDED_TRUTH, 'utf8'))) {
    account.sent(service, kind, method, route, status, count);
  }
  const beyla = await createBeyla({
    discovery: { instrument: [{ exePath: '*' }] },
    routes: { patterns: ROUTES },
    replayFrom: fileURLToPath(RECORDING),
  });
  const shown = show(beyla, account);
  await settle(beyla, account);
  shown.stop();
  screen.line();
  screen.line(screen.bold('Some of the spans'));
  await printSpans(shown.samples());
  await beyla.close();
  conclude(beyla, account);
}

// Every child is ended when this process exits, and BPF programs go with the descriptors that hold them.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(signal, () => {
    screen.line();
    screen.line('Stopped; servers and clients end with this process.');
    process.exit(code);
  });
}
try {
  await live();
} catch (error) {
  const reason = reasonForReplay(error);
  if (reason === undefined) throw error;
  await replay(reason);
}
