// @ts-check
// What a recording costs the event loop: the masking of secrets, and the copy of a batch to the writer's queue.
//
//   npm run bench -- redact
//
// Runs in one process on one core; the best of several rounds counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCore } from '../support/core-dist.mjs';

const core = await loadCore();
const { redactBatch } = await core('recording/redact.js');
const { RecordingWriter } = await core('recording/recording-writer.js');
const { Clock } = await core('spans/clock.js');
const { batchOf, turn } = await core('testing/records.js');

const EXCHANGES = 200;
const ROUNDS = 40;

const REQUEST =
  'GET /api/users/17?page=3&token=abcdef HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n' +
  'Accept: application/json\r\nAccept-Encoding: gzip\r\nCookie: session=0123456789abcdef; theme=dark\r\nConnection: keep-alive\r\n\r\n';
const RESPONSE =
  'HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 20\r\n' +
  'Date: Sun, 22 Nov 2026 01:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n{"id":7,"name":"abc"}';

const batch = batchOf(
  Array.from({ length: EXCHANGES }, () => [turn({ bytes: REQUEST }), turn({ bytes: RESPONSE })]).flat(),
);
const records = 2 * EXCHANGES;

/** @param {(copy: Uint8Array) => void} work Returns ns per record, of the best round. */
function cost(work) {
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const copy = batch.slice();
    const begun = process.hrtime.bigint();
    work(copy);
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - begun));
  }
  return bestNs / records;
}

const directory = mkdtempSync(join(tmpdir(), 'beyla-bench-'));
const writer = new RecordingWriter(join(directory, 'run.beyla'), { source: 'bench', clock: new Clock(0n, 0n) });
await writer.start();
const table = {
  'masking secrets': cost((copy) => redactBatch(copy)),
  'RecordingWriter.batch(), masking included': cost((copy) =>
    writer.batch({ bytes: copy, length: copy.length, nowNs: 1 }),
  ),
};
await writer.close();
rmSync(directory, { recursive: true });

console.log(`ns per record (${records} records of ${Math.round(batch.length / records)} bytes)`);
for (const [name, ns] of Object.entries(table)) console.log(`  ${name.padEnd(44)} ${ns.toFixed(0).padStart(6)}`);
