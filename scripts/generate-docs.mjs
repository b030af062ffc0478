// SPDX-License-Identifier: Apache-2.0
/**
 * Writes docs/drops.md and docs/errors.md from the tables in the code: packages/core/src/counters.ts, drops.ts and errors.ts, and the
 * counters of bpf/event.h. `--check` writes nothing and fails when a page differs.
 *
 *     npm run docs [-- --check]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const core = join(root, 'packages/core/src');

/** What exporters call the reasons of their own. */
const EXPORTER_REASONS = {
  export_failed: 'it could not be sent, or the back end did not answer in time',
  invalid_duration: 'it would have ended before it began',
  rejected: 'the back end took a part of what was sent and refused the rest of it',
  queue_full: 'the back end was too slow and the queue was full',
  shutdown: 'it was still waiting when the exporter was closed, or came later',
  stream_failed: 'the stream of the console exporter had failed',
  too_large: 'the back end refused it for its size, even alone',
  stream_full: 'the stream of the console exporter was full',
};

const { Counters, COUNTER_REASONS } = await moduleOf('counters.ts');
const { dropsOf } = await moduleOf('drops.ts');
const { ERROR_CODES } = await moduleOf('errors.ts');

const pages = { 'docs/drops.md': drops(), 'docs/errors.md': errors() };
for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (text !== committed(file)) {
    console.error(`${path} differs from the tables in the code. Run: npm run docs`);
    process.exitCode = 1;
  }
}

function drops() {
  const kernel = kernelCounters();
  const lost = Object.keys(new Counters().drops());
  const lostInKernel = Object.keys(dropsOf({}, {}, {})).map((name) => name.replace(/^kernel\./, ''));
  const events = Object.keys(COUNTER_REASONS).filter((name) => !lost.includes(name));
  return page('What is counted', [
    `Nothing is dropped uncounted: \`beyla.stats().drops\` and the event \`drop\` have every request that did not become a span, or whose
span did not leave, by reason. Requests sent = spans delivered + the sum of these, up to what is still under way: a request whose records found
no room on the ring is counted when a later one of its connection is seen, or when the connection closes.`,
    '## Lost requests',
    table(
      ['reason', 'what it counts'],
      [
        ...lost.map((name) => [name, COUNTER_REASONS[name]]),
        ...lostInKernel.map((name) => [`kernel.${name}`, kernelMeaning(kernel, name)]),
        ['pipeline.closed', 'Spans pushed after the pipeline was closed.'],
        ['pipeline.<exporter>.threw', 'Spans given to an exporter that threw.'],
        ...exporterReasons().map((name) => [
          `pipeline.<exporter>.${name}`,
          `Spans an exporter did not deliver: ${EXPORTER_REASONS[name]}.`,
        ]),
      ],
    ),
    `What a processor takes out on purpose is not lost; \`stats().pipeline.dropped.filtered\` counts it. With several exporters a span may be
counted once for each.`,
    `**Where this is not exact.** With its last record the kernel says how many turns a connection had, and the number of its last request of
HTTP/2, so that what was lost at its end is counted, too. A test loses any records of recorded conversations of HTTP/2 but the first, and others fill a ring of
one page with HTTP/1, HTTP/2 and gRPC, with and without TLS: spans and drops add up to the requests. What is left:

- of connections that are still open when the tracer stops, what was lost behind the last record that came is not counted, nor is it of those
  that were forgotten before they closed (\`connections.evicted\`, \`connections.expired\`);
- a close that found no room on either ring counts as one (\`kernel.closes_lost\`), however many requests were lost before it;
- of a connection of which nothing came but the close, two turns are taken for one request where it was not HTTP/2, or older than the tracer
  (\`connections.unseen\`);
- where the kernel could not follow the frames of HTTP/2 (\`source.frames_lost\`), the number of the last request may be too low;
- where the beginning of HTTP/2 was lost, a request may be counted once too often;
- numbers that a client of HTTP/2 left out are taken for requests where records are missing;
- reasons whose meaning says "at least" or "at most".`,
    '## What is not followed',
    `Some ways of selected processes are not followed at all. A call on them that begins like a request is counted, and \`health()\` names the way and
the cure:

- \`kernel.unix_sockets\`: Unix sockets (\`gunicorn -b unix:…\`). Let the server listen on a TCP port of the loopback address, and its clients
  connect to that.
- \`kernel.mptcp\`: Multipath TCP, of a server where the client speaks it, too, and of a client always. Plain clients of a server that could speak it,
  such as Go since 1.24, are followed. Let one side use plain TCP: \`GODEBUG=multipathtcp=0\` (Go), \`sysctl net.mptcp.enabled=0\` (everybody).
- \`kernel.other_sockets\`: other sockets that are not TCP (SCTP, vsock). Let both sides use TCP.
- \`kernel.compat\`: 32-bit programs. Run their 64-bit builds.`,
    `A call counts that begins with a whole request line, with the preface of HTTP/2 or with the first message of TLS. So HTTP/1 is counted request by
request, but for pipelined ones; of HTTP/2 and TLS each connection counts as one, whatever it carries; what a tap sees of such TLS is in
\`kernel.tap_unbound\` as well. Not counted are requests whose first line comes in pieces, that move through io_uring with a
multishot receive or in a 32-bit program, or in several messages of one call, and QUIC, which looks like nothing.`,
    '## On the way from record to span',
    '`beyla.stats().interpreter`, beside the reasons above. None of these is a lost request by itself.',
    table(
      ['counter', 'what it counts'],
      events.map((name) => [name, COUNTER_REASONS[name]]),
    ),
    '## In the kernel',
    `\`beyla.stats().source\`. A turn that is lost here appears above as the request it belonged to: the reasons above are counted from the
numbers of the turns that did arrive.`,
    table(
      ['counter', 'what it counts'],
      [
        ...[...kernel].map(([name]) => [name, kernelMeaning(kernel, name)]),
        [
          'recursion_misses',
          'Runs of programs that the kernel left out, because what would have run them interrupted them on their CPU.',
        ],
      ],
    ),
  ]);
}

function errors() {
  return page('Errors', [
    `Every error of this library is a \`BeylaError\` with a \`code\` and a \`cure\`. The message names what went wrong; \`cause\`, where there is one,
has the error beneath, with the log of libbpf and the verifier for those that begin with \`BPF_\`.`,
    table(['code', 'what to do'], Object.entries(ERROR_CODES)),
  ]);
}

function page(title, parts) {
  return [`<!-- Generated by scripts/generate-docs.mjs. Do not edit. -->`, `# ${title}`, ...parts]
    .join('\n\n')
    .concat('\n');
}

function table([name, meaning], rows) {
  const lines = rows.map(([key, text]) => `| \`${key}\` | ${text.replaceAll('|', '\\|')} |`);
  return [`| ${name} | ${meaning} |`, '| --- | --- |', ...lines].join('\n');
}

/** Name → comment of each counter of the BPF side. */
function kernelCounters() {
  const header = readFileSync(join(root, 'bpf/event.h'), 'utf8');
  const [, body] = /^enum counter \{\n([^}]*)^\};/m.exec(header);
  const named = [...body.matchAll(/^\tCOUNTER_(\w+) = \d+,(?:\s*\/\*([\s\S]*?)\*\/)?/gm)].filter(
    ([, name]) => name !== 'MAX',
  );
  return new Map(
    named.map(([, name, comment = '']) => [name.toLowerCase(), comment.replace(/\s+\*?\s*/g, ' ').trim()]),
  );
}

function kernelMeaning(kernel, name) {
  const comment = kernel.get(name);
  if (!comment) throw new Error(`bpf/event.h does not say what the counter ${name} is`);
  return `${comment[0].toUpperCase()}${comment.slice(1)}.`;
}

/** The reasons that the code has, which must be those that are explained. */
function exporterReasons() {
  const folder = join(root, 'packages/exporters/src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(?<!\.test)\.ts$/.test(path),
  );
  const found = new Set(
    files.flatMap((path) =>
      [...readFileSync(join(folder, path), 'utf8').matchAll(/'dropped\.(\w+)'/g)].map(([, name]) => name),
    ),
  );
  const names = [...found].sort();
  const explained = Object.keys(EXPORTER_REASONS).sort();
  if (names.join() !== explained.join()) {
    throw new Error(`exporters drop for ${names.join(', ')}; explained are ${explained.join(', ')} (EXPORTER_REASONS)`);
  }
  return names;
}

/** A source file that imports nothing, as a module: no build is needed before. */
async function moduleOf(name) {
  const { outputText } = ts.transpileModule(readFileSync(join(core, name), 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

function committed(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
