// @ts-check
// What a uprobe costs the program besides the BPF program that it runs, which bpf_stats does not tell: the trap.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileApp } from '../support/compile-app.mjs';
import { loadCore } from '../support/core-dist.mjs';
import { runApp } from '../support/run-app.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 21;
const CALLS = 5000;
const PROGRAMS = new URL('../../native/test/fixtures/nothing.bpf.o', import.meta.url);
/** @type {typeof import('../../native/index.d.ts')} */
const native = createRequire(import.meta.url)('../../native/load.cjs');

/** @typedef {'emulated' | 'stepped'} First the instruction under the probe: one that the kernel emulates, or one that it executes out of line */
/** @typedef {{ entry: number, both: number }} TrapNs median nanoseconds that a call takes longer: with a probe on its entry; on entry and return */

/**
 * Runs a program of our own without probes, with one on the entry of a function, and with one on its return as well, in turn.
 *
 * @param {{ multi?: boolean }} [options] by uprobe_multi links (the default), or by perf events
 * @returns {Promise<Readonly<Record<First, TrapNs>>>}
 */
export async function measureTraps({ multi = true } = {}) {
  const path = await compileApp('trap-target.c');
  const offsets = await offsetsOf(path);
  const object = native.openObject(readFileSync(PROGRAMS), { name: 'nothing', uprobeMulti: multi });
  native.loadObject(object);
  const app = await runApp('trap-target', path, [], { ready: /^READY$/, port: 0 });
  /** @param {First} first */
  const callNs = async (first) => {
    const line = app.line(/^\d+$/);
    app.write(`${first} ${CALLS}\n`);
    return Number((await line)[0]) / CALLS;
  };
  /** @param {string} program @param {number} offset @param {boolean} isReturn */
  const attach = (program, offset, isReturn) =>
    native.attachUprobe(object, program, { path, offsets: [offset], pid: -1, return: isReturn, multi });
  /** @param {First} first @returns {Promise<TrapNs>} */
  const measure = async (first) => {
    /** @type {{ entry: number[], both: number[] }} */
    const added = { entry: [], both: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const without = await callNs(first);
      const links = [attach('nothing_on_call', offsets[first], false)];
      added.entry.push((await callNs(first)) - without);
      links.push(attach('nothing_on_return', offsets[first], true));
      added.both.push((await callNs(first)) - without);
      await native.closeLinks([links]);
    }
    return { entry: median(added.entry), both: median(added.both) };
  };
  try {
    return { emulated: await measure('emulated'), stepped: await measure('stepped') };
  } finally {
    await app.stop();
    native.closeObject(object);
  }
}

/** @param {string} path @returns {Promise<Readonly<Record<First, number>>>} */
async function offsetsOf(path) {
  const core = await loadCore();
  const { ElfFile } = await core('elf/elf-file.js');
  const { findFunctions } = await core('elf/symbols.js');
  const descriptor = openSync(path, 'r');
  try {
    const elf = ElfFile.read(descriptor);
    const functions = findFunctions(elf, ['emulated_call', 'stepped_call']);
    const offset = (/** @type {string} */ name) => elf.offsetOf(functions.get(name)[0].address);
    return { emulated: offset('emulated_call'), stepped: offset('stepped_call') };
  } finally {
    closeSync(descriptor);
  }
}

/** @typedef {{ count: number, ns: number }} Traps */

/** @type {ReturnType<typeof measureTraps> | undefined} */
let measured;

/**
 * How often uprobes of the OpenSSL tap trapped in phases, and what that took by `measureTraps`. An entry and a return are a trap each. None
 * where no tap ran.
 *
 * @param {readonly number[]} pids processes of one program, which is, or links, the library
 * @param {readonly import('./scenario.mjs').Programs[]} phases
 * @returns {Promise<Traps[]>}
 */
export async function trapsOf(pids, phases) {
  const ofTap = phases.map((programs) => programs.filter(({ name, runs }) => runs > 0 && name.startsWith('openssl')));
  if (ofTap.every(({ length }) => length === 0)) return [];
  const kinds = await placementsOf(/** @type {number} */ (pids[0]));
  measured ??= measureTraps();
  const costs = await measured;
  return ofTap.map((programs) => ({
    count: programs.reduce((sum, { runs }) => sum + runs, 0),
    ns: programs.reduce((sum, { name, runs }) => {
      const { entry, both } = costs[kinds.get(name) ?? 'stepped'];
      return sum + runs * (name.endsWith('_return') ? both - entry : entry);
    }, 0),
  }));
}

/** On what kind of instruction each program's probe sits; the dearest, where it has several. @param {number} pid @returns {Promise<Map<string, First>>} */
async function placementsOf(pid) {
  const core = await loadCore();
  const { ElfFile } = await core('elf/elf-file.js');
  const { planOpenssl } = await core('taps/openssl-plan.js');
  const descriptor = openSync(`/proc/${pid}/exe`, 'r');
  try {
    const kinds = new Map();
    for (const { program, kind } of planOpenssl(ElfFile.read(descriptor)).probes) {
      if (kinds.get(program) !== 'stepped') kinds.set(program, kind);
    }
    return kinds;
  } finally {
    closeSync(descriptor);
  }
}
