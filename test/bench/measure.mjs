// @ts-check
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bpftool } from '../support/bpf-ids.mjs';

const STATS_SWITCH = '/proc/sys/kernel/bpf_stats_enabled';

/**
 * CPU time of processes so far, in nanoseconds, from the scheduler's own account of each thread.
 *
 * @param {readonly number[]} pids
 */
export function cpuNs(pids) {
  let sum = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return sum;
}

/** What h2load speaks, beside its options. `file` is what it sends as the body of each request. */
const PROTOCOLS = {
  http1: { scheme: 'http', options: () => ['--h1'] },
  https: { scheme: 'https', options: () => ['--h1'] },
  grpc: { scheme: 'http', options: grpcOptions },
  'grpc-tls': { scheme: 'https', options: grpcOptions },
};

/** @typedef {keyof typeof PROTOCOLS} Protocol */

/** @param {string} file */
function grpcOptions(file) {
  return ['-H', 'content-type: application/grpc', '-H', 'te: trailers', '-d', file];
}

const MESSAGE_FILE = join(tmpdir(), `beyla-bench-message-${process.pid}`);

/**
 * Sends exactly `requests` GETs, or unary calls of gRPC with a message of 20 bytes, with h2load as fast as they are answered.
 *
 * @param {{ port: number, path: string, requests: number, connections: number, protocol?: Protocol, headers?: readonly string[] }} load
 * @returns {Promise<number>} requests per second
 */
export async function h2load({ port, path, requests, connections, protocol = 'http1', headers = [] }) {
  const { scheme, options } = PROTOCOLS[protocol];
  writeFileSync(MESSAGE_FILE, Buffer.concat([Buffer.from([0, 0, 0, 0, 20]), Buffer.alloc(20, 1)]));
  const counts = ['-n', String(requests), '-c', String(connections)];
  const fields = headers.flatMap((field) => ['-H', field]);
  const args = [...options(MESSAGE_FILE), ...fields, ...counts, `${scheme}://127.0.0.1:${port}${path}`];
  const { stdout } = await promisify(execFile)('h2load', args);
  rmSync(MESSAGE_FILE);
  const answered = Number(/status codes: (\d+) 2xx/.exec(stdout)?.[1]);
  if (answered !== requests) throw new Error(`h2load: ${answered} of ${requests} requests were answered\n${stdout}`);
  return Number(/, ([\d.]+) req\/s/.exec(stdout)?.[1]);
}

/**
 * Runs `work` while the kernel counts runs and time of BPF programs, and restores the switch.
 *
 * @param {import('../support/bpf-ids.mjs').BpfIds} ids only these programs
 * @param {() => Promise<unknown>} work
 */
export async function bpfCost(ids, work) {
  const before = readFileSync(STATS_SWITCH, 'utf8');
  writeFileSync(STATS_SWITCH, '1');
  try {
    const start = programs(ids);
    await work();
    const end = programs(ids);
    return [...end].map(([id, { name, runs, ns }]) => ({
      name,
      runs: runs - (start.get(id)?.runs ?? 0),
      ns: ns - (start.get(id)?.ns ?? 0),
    }));
  } finally {
    writeFileSync(STATS_SWITCH, before);
  }
}

/** @param {import('../support/bpf-ids.mjs').BpfIds} ids */
function programs(ids) {
  return new Map(
    bpftool('prog')
      .filter(({ id }) => ids.has(`prog ${id}`))
      .map(({ id, name = '', run_cnt = 0, run_time_ns = 0 }) => [id, { name, runs: run_cnt, ns: run_time_ns }]),
  );
}

/** Kernel memory of maps in bytes. @param {import('../support/bpf-ids.mjs').BpfIds} ids */
export function mapBytes(ids) {
  let sum = 0;
  for (const { id, bytes_memlock = 0 } of bpftool('map')) {
    if (ids.has(`map ${id}`)) sum += bytes_memlock;
  }
  return sum;
}
