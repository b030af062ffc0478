// @ts-check
// What a uprobe's trap costs: nanoseconds of CPU by which a call takes longer, with a BPF program that does nothing.
//
//   npm run bench -- uprobe
//
// Needs root. A program of our own calls a function of its own; probes are put on it and taken off in turn.
import { measureTraps } from './trap-cost.mjs';

const lines = ['| probe on | link | entry | entry and return |', '|---|---|---:|---:|'];
for (const multi of [true, false]) {
  const traps = await measureTraps({ multi });
  for (const [name, first] of /** @type {const} */ ([
    ['an instruction that the kernel emulates', 'emulated'],
    ['any other instruction', 'stepped'],
  ])) {
    const { entry, both } = traps[first];
    lines.push(
      `| ${name} | ${multi ? 'uprobe_multi' : 'perf event'} | ${entry.toFixed(0)} ns | ${both.toFixed(0)} ns |`,
    );
  }
}
console.log(lines.join('\n'));
