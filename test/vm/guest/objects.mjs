import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { report } from './report.mjs';

const native = createRequire(import.meta.url)('@beyla/native');

/** Opens and loads every BPF object on its own and reports what the verifier said of each program. */
export function loadObjects(folder) {
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith('.bpf.o')) loadObject(join(folder, file), basename(file, '.bpf.o'));
  }
}

function loadObject(path, name) {
  const startedMs = performance.now();
  const object = native.openObject(readFileSync(path), { name });
  try {
    native.loadObject(object);
    report({
      type: 'object',
      object: name,
      loaded: true,
      loadMs: Math.round(performance.now() - startedMs),
      programs: native
        .programs(object)
        .map((program) => ({ name: program.name, instructions: program.verifiedInstructions })),
    });
  } catch (error) {
    report({
      type: 'object',
      object: name,
      loaded: false,
      message: String(error.message),
      log: String(error.log ?? ''),
    });
  } finally {
    native.closeObject(object);
  }
}
