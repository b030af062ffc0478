// @ts-check
// What the library costs: the observed server, a bystander and the agent itself, in alternating pairs without and with it.
//
//   npm run bench [-- node] [-- nginx] [-- --source syscall] [-- --pairs 6] [-- --requests 50000] [-- --json FILE]
//
// Prints Markdown tables; exits 1 when a request was lost. Needs root, h2load and bpftool. Other names are benches of their own
// beside this file (`npm run bench -- pipeline`).
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { markdown } from './report.mjs';
import { measureServer, SERVERS } from './scenario.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    source: { type: 'string', default: 'auto' },
    pairs: { type: 'string', default: '6' },
    requests: { type: 'string', default: '50000' },
    json: { type: 'string' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(SERVERS);

function machine() {
  const h2load = execFileSync('h2load', ['--version'], { encoding: 'utf8' }).trim();
  return {
    kernel: release(),
    cpus: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    h2load,
  };
}

const results = [];
for (const name of names) {
  const other = new URL(`./${name}.mjs`, import.meta.url);
  if (!(name in SERVERS)) {
    if (!existsSync(other)) throw new Error(`there is no bench ${name}`);
    await import(other.href);
    continue;
  }
  const pairs = await measureServer(name, {
    pairs: Number(values.pairs),
    requests: Number(values.requests),
    source: values.source,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  results.push({ server: name, source: pairs[0]?.source, pairs });
  console.log(`${markdown(`${name}, source ${pairs[0]?.source}`, pairs)}\n`);
  if (pairs.some(({ lost }) => lost !== 0)) process.exitCode = 1;
}

if (results.length > 0) {
  const { kernel, cpus: processors, memoryGiB, node, h2load } = machine();
  console.log(
    `${values.requests} requests per phase over 16 connections, ${values.pairs} pairs. Kernel ${kernel}, ${processors}, ` +
      `${memoryGiB} GiB, Node ${node}, ${h2load}.`,
  );
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, undefined, 1)}\n`);
}
