/**
 * Judges what the guests reported: `node test/vm/report.mjs [--update] 5.10 6.1 6.12`. Exits 1 when a BPF object or a source did something that
 * expected.json does not say, when a source's spans differ from the client's log, or when a program's verified instructions grew by more
 * than a quarter against verified-instructions.json, which `--update` rewrites for the kernels that ran.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const GROWTH_LIMIT = 1.25;
const results = new URL('../../.cache/vm/', import.meta.url);
const tablePath = new URL('verified-instructions.json', import.meta.url);
const expected = readJson(new URL('expected.json', import.meta.url));
const table = readJson(tablePath);

const update = process.argv.includes('--update');
const kernels = process.argv.slice(2).filter((argument) => argument !== '--update');
const faults = [];
const rows = [];

for (const kernel of kernels) {
  const lines = readFileSync(new URL(`${kernel}.jsonl`, results), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const release = lines.find((line) => line.type === 'kernel')?.release ?? 'did not start';
  rows.push({
    kernel,
    what: 'kernel',
    name: release,
    result: lines.some((line) => line.type === 'exit' && line.code === 0)
      ? 'ran to its end'
      : fault(kernel, 'guest', 'did not run to its end'),
  });
  judgeObjects(
    kernel,
    lines.filter((line) => line.type === 'object'),
  );
  judgeSources(
    kernel,
    lines.filter((line) => line.type === 'source'),
  );
}

print(rows);
if (update) {
  writeFileSync(tablePath, `${JSON.stringify(table, null, 2)}\n`);
  console.log('verified-instructions.json is rewritten');
}
for (const text of faults) console.log(`FAILED ${text}`);
const passed = rows.filter((row) => !row.failed).length;
console.log(
  `\n${passed} passed, ${rows.length - passed + faults.filter((text) => text.startsWith('(table)')).length} failed`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

function judgeObjects(kernel, objects) {
  if (objects.length === 0) fault(kernel, 'objects', 'the guest loaded no BPF object');
  const counts = {};
  for (const object of objects) {
    const refusal = expected.refusedObjects.find(
      (entry) => entry.object === object.object && entry.kernels.includes(kernel),
    );
    if (object.loaded) {
      if (refusal) fault(kernel, object.object, `loads, but expected.json says it is refused: ${refusal.reason}`);
      for (const program of object.programs) {
        const name = `${object.object}/${program.name}`;
        if (program.instructions > 0) counts[name] = program.instructions;
        rows.push({ kernel, what: 'program', name, ...judgeGrowth(kernel, name, program.instructions) });
      }
    } else {
      rows.push({ kernel, what: 'object', name: object.object, ...judgeRefusal(kernel, object, refusal) });
    }
  }
  for (const name of Object.keys(table[kernel] ?? {})) {
    if (!update && !(name in counts))
      fault(
        '(table)',
        `${kernel} ${name}`,
        'is in verified-instructions.json but was not loaded; run with --update if it is gone',
      );
  }
  if (update) table[kernel] = Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function judgeRefusal(kernel, object, refusal) {
  const text = `${object.message}\n${object.log}`;
  if (refusal && text.includes(refusal.log)) return { result: `refused: ${refusal.reason}` };
  const tail = text.trim().split('\n').slice(-12).join('\n    ');
  return failed(kernel, object.object, `refused without a reason in expected.json:\n    ${tail}`);
}

function judgeGrowth(kernel, name, instructions) {
  if (instructions === 0) return { result: 'loaded; this kernel does not tell the number' };
  const before = table[kernel]?.[name];
  if (update) return { result: `${instructions} instructions` };
  if (before === undefined)
    return failed(kernel, name, `${instructions} instructions, not in verified-instructions.json; run with --update`);
  const text = `${instructions} instructions, ${before} recorded`;
  return instructions > before * GROWTH_LIMIT
    ? failed(kernel, name, `${text}: grew by more than ${Math.round((GROWTH_LIMIT - 1) * 100)} %`)
    : { result: text };
}

function judgeSources(kernel, sources) {
  if (sources.length === 0) fault(kernel, 'sources', 'the guest ran no source');
  for (const run of sources) {
    const refusal = expected.refusedSources.find(
      (entry) => entry.source === run.source && entry.kernels.includes(kernel),
    );
    rows.push({ kernel, what: 'source', name: run.source, ...judgeRun(kernel, run, refusal) });
  }
}

function judgeRun(kernel, run, refusal) {
  if (run.verdict === 'refused') {
    if (refusal && run.code === refusal.code) return { result: `refused (${run.code}): ${refusal.reason}` };
    return failed(kernel, run.source, `refused (${run.code}) without a reason in expected.json: ${run.message}`);
  }
  if (refusal) return failed(kernel, run.source, `started, but expected.json says it is refused: ${refusal.reason}`);
  if (run.verdict === 'exact') return { result: `exact: ${run.spans} spans of ${run.requests} requests` };
  return failed(
    kernel,
    run.source,
    `wrong: ${run.spans} spans of ${run.requests} requests\n    ${run.faults.join('\n    ')}`,
  );
}

function failed(kernel, name, text) {
  fault(kernel, name, text);
  return { result: `FAILED: ${text.split('\n')[0]}`, failed: true };
}

function fault(kernel, name, text) {
  faults.push(`${kernel} ${name}: ${text}`);
  return `FAILED: ${text}`;
}

function print(lines) {
  const width = Math.max(...lines.map((row) => row.name.length));
  for (const row of lines)
    console.log(`${row.kernel.padEnd(5)} ${row.what.padEnd(8)} ${row.name.padEnd(width)}  ${row.result}`);
}

function readJson(url) {
  return JSON.parse(readFileSync(url, 'utf8'));
}
