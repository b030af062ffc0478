// @ts-check
// What the library costs: the observed server, a bystander and the agent itself, in alternating blocks without and with it.
//
//   npm run bench [-- node] [-- nginx] [-- node-https] [-- node-grpc] [-- node-grpc-tls] [-- --source syscall] [-- --rounds 15] [-- --requests 6000] [-- --json FILE]
//
// Prints Markdown tables; exits 1 when a request was lost or there are more runs of BPF or larger maps than are aimed at. Needs
// root, h2load and bpftool. Other names are benches of their own beside this file (`npm run bench -- pipeline`).
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { failures, markdown } from './report.mjs';
import { measureServer, SERVERS } from './scenario.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    source: { type: 'string', default: 'auto' },
    rounds: { type: 'string', default: '15' },
    requests: { type: 'string', default: '6000' },
    json: { type: 'string' },
    kernels: { type: 'string' },
    against: { type: 'string' },
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
  const measured = await measureServer(name, {
    rounds: Number(values.rounds),
    requests: Number(values.requests),
    source: values.source,
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  results.push({ server: name, ...measured });
  console.log(`${markdown(`${name}, source ${measured.source}`, measured)}\n`);
  for (const failure of failures(measured)) {
    console.error(`${name}: ${failure} missed its aim`);
    process.exitCode = 1;
  }
}

if (results.length > 0) {
  const { kernel, cpus: processors, memoryGiB, node, h2load } = machine();
  console.log(
    `${values.requests} requests per phase over 16 connections, ${values.rounds} rounds. Kernel ${kernel}, ${processors}, ` +
      `${memoryGiB} GiB, Node ${node}, ${h2load}.`,
  );
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, undefined, 1)}\n`);
}
