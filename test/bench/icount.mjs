// @ts-check
// What the library costs in instructions, in a guest whose clock counts them: blind to what else the host does, and to what
// caches and traps make of an instruction.
//
//   npm run bench -- icount [-- --kernels 6.1,6.12]     (some minutes each; needs the tools of test:kernels and wrk, no root)
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {import('./guest/main.mjs').Phase} Phase */

const LIMIT_MS = 15 * 60_000;
const MIB = 1024 * 1024;
const vm = fileURLToPath(new URL('../vm', import.meta.url));
const ADD_BENCH = fileURLToPath(new URL('guest/add-bench.sh', import.meta.url));

/** @param {string} kernel @param {string} initramfs @param {string} results */
async function boot(kernel, initramfs, results) {
  const image = execFileSync(join(vm, 'fetch-kernel.sh'), [kernel], { encoding: 'utf8' }).trim();
  const terminal = `${results}.console`;
  // One processor whose clock advances by 1 ns for each instruction, and at once to the next timer when there is none to execute.
  const machine = ['-accel', 'tcg', '-icount', 'shift=0,sleep=off', '-cpu', 'max', '-smp', '1', '-m', '1536'];
  const devices = ['-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none'];
  const serial = ['-serial', `file:${terminal}`, '-serial', `file:${results}`];
  const system = ['-kernel', image, '-initrd', initramfs, '-append', 'console=ttyS0 loglevel=4 panic=-1 oops=panic'];
  const guest = spawn('qemu-system-x86_64', [...machine, ...devices, ...serial, ...system], { stdio: 'inherit' });
  const end = () => guest.kill('SIGKILL');
  const timer = setTimeout(end, LIMIT_MS);
  process.once('exit', end);
  await once(guest, 'exit');
  process.off('exit', end);
  clearTimeout(timer);
  const records = readFileSync(results, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (!records.some(({ type, code }) => type === 'exit' && code === 0)) {
    throw new Error(`the guest with kernel ${kernel} failed:\n${readFileSync(terminal, 'utf8').slice(-3000)}`);
  }
  return records;
}

/** @param {string} kernel @param {any[]} records */
function markdown(kernel, records) {
  const [start, end] = ['start', 'end'].map((type) => records.find((record) => record.type === type));
  /** @type {Phase[]} */
  const phases = records.filter(({ type }) => type === 'phase');
  // The lowest counts: what an engine compiles in one phase and not in the next is on top, not in between.
  /** @param {Phase['who']} who @param {readonly Phase['mode'][]} modes @param {'server' | 'client' | 'agent' | 'guest' | 'bpf' | 'bpfRuns'} key */
  const of = (who, modes, key) =>
    Math.min(...phases.filter((each) => each.who === who && modes.includes(each.mode)).map((each) => each[key]));
  const thousands = (/** @type {number} */ value) => `${(value / 1000).toFixed(1)} k`;
  const lines = [
    `### Kernel ${kernel}, source ${start.source}`,
    '',
    '| instructions per request | off | on | on / off |',
    '|---|---:|---:|---:|',
  ];
  for (const who of /** @type {const} */ (['observed', 'bystander'])) {
    for (const key of /** @type {const} */ (['server', 'client', 'guest'])) {
      const [off, on] = [of(who, ['off'], key), of(who, ['on', 'counted'], key)];
      lines.push(`| ${who}: ${key} | ${thousands(off)} | ${thousands(on)} | ${(on / off).toFixed(2)} |`);
    }
    lines.push(`| ${who}: agent | | ${thousands(of(who, ['on', 'counted'], 'agent'))} | |`);
    lines.push(
      `| ${who}: BPF, ${of(who, ['counted'], 'bpfRuns').toFixed(1)} runs | | ${thousands(of(who, ['counted'], 'bpf'))} | |`,
    );
  }
  const sent = phases.filter(({ who, mode }) => who === 'observed' && mode !== 'off');
  const sum = (/** @type {'requests' | 'lost'} */ key) => sent.reduce((total, each) => total + each[key], 0);
  lines.push(
    '',
    `${sum('lost')} of ${sum('requests')} requests lost. Start of the agent: ${(start.instructions / 1e9).toFixed(1)} G instructions. `.concat(
      `Idle: ${(end.idlePerSecond / 1e6).toFixed(1)} M instructions per second. RSS ${(end.rssBytes / MIB).toFixed(0)} MiB, maps ${(start.mapBytes / MIB).toFixed(1)} MiB.`,
    ),
    '',
  );
  if (sum('lost') !== 0) process.exitCode = 1;
  return lines.join('\n');
}

const { values } = parseArgs({ strict: false, options: { kernels: { type: 'string', default: '6.1,6.12' } } });
const kernels = String(values.kernels).split(',');
const directory = mkdtempSync(join(tmpdir(), 'beyla-icount-'));
// Guest and files end with this process, also when it is told to end.
process.once('exit', () => rmSync(directory, { recursive: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const initramfs = join(directory, 'initramfs');
execFileSync(join(vm, 'make-initramfs.sh'), [initramfs, 'node test/bench/guest/main.mjs'], { stdio: 'inherit' });
execFileSync(ADD_BENCH, [initramfs], { stdio: 'inherit' });
for (const kernel of kernels) {
  console.log(markdown(kernel, await boot(kernel, initramfs, join(directory, kernel))));
}
