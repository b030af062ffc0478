// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { report } from './report.mjs';

const native = createRequire(import.meta.url)('@beyla/native');
const LOG_TAIL = 6_000;

/** Opens and loads every BPF object on its own and reports what the verifier said of each program. */
export function loadObjects(folder) {
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith('.bpf.o')) loadObject(join(folder, file), basename(file, '.bpf.o'));
  }
}

function loadObject(path, name) {
  const elf = readFileSync(path);
  const startedMs = performance.now();
  try {
    withObject(elf, { name }, native.loadObject);
  } catch (error) {
    report({
      type: 'object',
      object: name,
      loaded: false,
      message: String(error.message),
      log: String(error.log ?? '').slice(-LOG_TAIL),
    });
    return;
  }
  const loadMs = Math.round(performance.now() - startedMs);
  // A second load, because collecting statistics costs the log of a refusal.
  const programs = withObject(elf, { name, verifierStatistics: true }, (object) => {
    native.loadObject(object);
    return native
      .programs(object)
      .map((program) => ({ name: program.name, instructions: program.verifiedInstructions }));
  });
  report({ type: 'object', object: name, loaded: true, loadMs, programs });
}

function withObject(elf, options, use) {
  const object = native.openObject(elf, options);
  try {
    return use(object);
  } finally {
    native.closeObject(object);
  }
}
