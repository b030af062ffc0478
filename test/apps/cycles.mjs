// Creates and closes the library over and over, and looks each time whether anything of it stays in this process.
//
//   node cycles.mjs CYCLES PID...
//
// Each cycle has probes in the OpenSSL of the processes; every fifth one loads the taps of Go and rustls, too, which no process here needs and
// which take the longest to load. Prints one JSON line: `made`, ids of all that was in the kernel, and `openFiles` before and after.
import assert from 'node:assert/strict';
import { createBeyla } from '@beyla/core';
import { heldBy, openFiles } from '../support/bpf-ids.mjs';

const ALL_TAPS_EVERY = 5;
const MAPS_PER_OBJECT = 3;

const [cycles, ...pids] = process.argv.slice(2).map(Number);
const discovery = { instrument: [{ targetPids: pids }] };
const made = new Set();

// The first one opens what stays open for the life of the process, whatever its use.
await (await createBeyla({ discovery })).close();
const before = openFiles();
for (let cycle = 0; cycle < cycles; cycle++) {
  const isAll = cycle % ALL_TAPS_EVERY === 0;
  const beyla = await createBeyla({ discovery, tracer: { taps: { goTls: isAll, rustls: isAll } } });
  const held = heldBy(process.pid);
  assert.ok(held.size > MAPS_PER_OBJECT, `cycle ${cycle} holds ${held.size} things`);
  for (const id of held) made.add(id);
  const { files } = beyla.debugInfo().tracer.taps;
  assert.ok(files.length > 0 && files.every(({ probes }) => probes.length > 5), `cycle ${cycle} has no probes`);
  await beyla.close();
  assert.deepEqual([...heldBy(process.pid)], [], `after cycle ${cycle}`);
}
process.stdout.write(`${JSON.stringify({ made: [...made], openFiles: [before, openFiles()] })}\n`);
