// SPDX-License-Identifier: Apache-2.0
/**
 * Builds everything, each step only when something it reads is newer than what it writes.
 *
 *     node scripts/build.mjs [--only native|bpf|ts]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const native = join(root, 'native');
const addon = join(native, 'build/Release/beyla_native.node');
const libbpf = join(native, 'deps/src/libbpf');
const bpfOutput = join(root, 'packages/core/bpf');
const cache = join(root, '.cache');

const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
if (only !== undefined && !['native', 'bpf', 'ts'].includes(only)) {
  console.error(`--only ${only}: expected native, bpf or ts`);
  process.exit(2);
}
const wants = (part) => only === undefined || only === part;

mkdirSync(cache, { recursive: true });
if (wants('native') || wants('bpf')) fetchLibbpf();
if (wants('native')) buildAddon();
if (wants('bpf')) {
  buildBpf(join(root, 'bpf'), bpfOutput);
  buildBpf(join(native, 'test/fixtures'), join(native, 'test/fixtures'));
  generateLayout();
}
if (wants('ts')) buildTypeScript();

function fetchLibbpf() {
  const script = join(native, 'deps/fetch-libbpf.sh');
  step('libbpf source', newest([script]) < oldest([join(libbpf, '.sha256')]), () => run('bash', [script]));
}

function buildAddon() {
  const inputs = [join(native, 'binding.gyp'), join(native, 'exports.map'), join(libbpf, '.sha256')];
  inputs.push(
    ...filesUnder(join(native, 'src')),
    ...filesUnder(join(native, 'deps/minielf')),
    ...filesUnder(join(native, 'deps/nozlib')),
  );
  step('native addon', newest(inputs) < oldest([addon]), () => {
    const gyp = [join(root, 'node_modules/node-gyp/bin/node-gyp.js'), ...nodeHeaders(), '-C', native];
    // `configure` every time: it is what notices a change of Node version or of binding.gyp.
    run(process.execPath, [...gyp, 'configure', 'build'], { npm_config_loglevel: 'warn' });
    // make leaves the file alone where only a header's date changed.
    utimesSync(addon, new Date(), new Date());
  });
}

/** Node's own headers where they are installed beside it, so that nothing is downloaded. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

function buildBpf(sourceFolder, outputFolder) {
  if (!existsSync(sourceFolder)) return;
  const sources = readdirSync(sourceFolder).filter((name) => name.endsWith('.bpf.c'));
  const headers = filesUnder(join(root, 'bpf')).filter((path) => path.endsWith('.h'));
  mkdirSync(outputFolder, { recursive: true });
  for (const name of sources) {
    const source = join(sourceFolder, name);
    const object = join(outputFolder, name.replace(/\.c$/, '.o'));
    step(relative(root, object), newest([source, ...headers, join(libbpf, '.sha256')]) < oldest([object]), () => {
      const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v2', '-D__TARGET_ARCH_x86', '-Wall', '-Wextra', '-Werror'];
      // An object is the same wherever it is built, and does not tell where that was.
      flags.push(`-ffile-prefix-map=${root}=.`, '-fdebug-compilation-dir=.');
      // BPF_PROG() of libbpf declares a context that most programs have no use for.
      flags.push('-Wno-unused-parameter');
      // The kernel's constants come from libbpf's copy, so that an object does not depend on the build machine's headers.
      const includes = ['bpf', join(libbpf, 'headers'), join(libbpf, 'include/uapi'), multiarchHeaders()].flatMap(
        (path) => ['-I', path],
      );
      run(clang(), [...flags, ...includes, '-c', source, '-o', object]);
    });
  }
}

function generateLayout() {
  const script = join(root, 'scripts/generate-layout.mjs');
  const output = join(root, 'packages/core/src/events/layout.gen.ts');
  const inputs = [script, join(root, 'scripts/lib/btf.mjs'), join(bpfOutput, 'event_types.bpf.o')];
  inputs.push(join(root, 'bpf/event.h'), join(root, 'bpf/tables.h'));
  step(relative(root, output), newest(inputs) < oldest([output]), () => run(process.execPath, [script]));
}

function buildTypeScript() {
  // tsc keeps its own record of what is up to date.
  step('TypeScript', false, () => run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b']));
}

function clang() {
  const candidates = ['clang-19', 'clang-20', 'clang-21', 'clang'];
  const found = candidates.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) fail('clang is not installed: run `npm run provision`', '');
  return found;
}

/** Where Debian keeps `asm/types.h`, which `-target bpf` does not look for. */
function multiarchHeaders() {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return `/usr/include/${triplet}`;
}

function step(name, isCurrent, action) {
  if (isCurrent) {
    console.log(`  up to date  ${name}`);
    return;
  }
  const begun = performance.now();
  action();
  console.log(`  built       ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
}

function run(command, args, environment = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 1 << 28,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (result.status !== 0)
    fail(`${[command, ...args].join(' ')}\nfailed${result.error ? `: ${result.error.message}` : ''}`, output);
}

function fail(message, output) {
  const log = join(cache, 'build.log');
  writeFileSync(log, output);
  console.error(`${output.split('\n').slice(-60).join('\n')}\n${message}\n(whole output: ${relative(root, log)})`);
  process.exit(1);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function newest(paths) {
  return Math.max(...paths.map((path) => statSync(path).mtimeMs));
}

/** 0 when one of them is not there. */
function oldest(paths) {
  return Math.min(...paths.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));
}
