// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the tarballs of all packages to .cache/pack/, from what is built. They are put together in a folder of their own: a prebuilt
 * addon in the tree would be loaded instead of the one that is being worked on.
 *
 *     npm run pack
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, '.cache/pack');
const stages = join(output, 'stage');

rmSync(output, { recursive: true, force: true });
stageNative();
for (const name of ['core', 'exporters', 'k8s']) stagePackage(name);
for (const name of readdirSync(stages)) pack(name);

function stageNative() {
  const from = join(root, 'native');
  const to = stage('native', from, ['index.d.ts', 'load.cjs', 'README.md']);
  const addon = join(to, `prebuilds/${process.platform}-${process.arch}/beyla_native.node`);
  mkdirSync(dirname(addon), { recursive: true });
  run('strip', ['--strip-debug', '-o', addon, built(join(from, 'build/Release/beyla_native.node'))]);
  const licenses = join(to, 'licenses');
  mkdirSync(licenses);
  copyFileSync(join(from, 'deps/src/libbpf/LICENSE.BSD-2-Clause'), join(licenses, 'libbpf.BSD-2-Clause.txt'));
  copyFileSync(join(root, 'node_modules/node-addon-api/LICENSE.md'), join(licenses, 'node-addon-api.MIT.md'));
  copyFileSync(join(root, 'LICENSE'), join(licenses, 'minielf-and-nozlib.Apache-2.0.txt'));
}

function stagePackage(name) {
  const from = join(root, 'packages', name);
  const { files } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const to = stage(name, from, ['README.md', ...files.filter((path) => /^[\w.-]+\.\w+$/.test(path))]);
  // By its source, so that what an earlier layout of the sources has left in dist stays behind.
  for (const source of publishedSources(join(from, 'src'))) {
    const stem = source.replace(/\.ts$/, '');
    const made = ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => `dist/${stem}${ending}`);
    for (const file of [`src/${source}`, ...made]) copy(built(join(from, file)), join(to, file));
  }
  if (name !== 'core') return;
  for (const source of readdirSync(join(root, 'bpf'))) {
    const object = source.replace(/\.bpf\.c$/, '.bpf.o');
    // That one is for the layout of records only.
    if (object === source || object === 'event_types.bpf.o') continue;
    copy(built(join(from, 'bpf', object)), join(to, 'bpf', object));
  }
  for (const license of ['LICENSE.BSD-2-Clause', 'LICENSE.GPL-2.0']) {
    copy(join(root, 'bpf', license), join(to, 'bpf', license));
  }
}

function stage(name, from, files) {
  const to = join(stages, name);
  mkdirSync(to, { recursive: true });
  for (const file of ['package.json', ...files]) copy(built(join(from, file)), join(to, file));
  copyFileSync(join(root, 'LICENSE'), join(to, 'LICENSE'));
  return to;
}

function publishedSources(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing/'),
  );
}

function pack(name) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', output, join(stages, name)];
  const [{ filename, size, files }] = JSON.parse(run('npm', args));
  console.log(`${filename}  ${files.length} files, ${(size / 1024).toFixed(0)} KiB`);
  const { version } = JSON.parse(readFileSync(join(stages, name, 'package.json'), 'utf8'));
  writeFileSync(
    join(output, `${name}.json`),
    JSON.stringify({ filename, version, files: files.map(({ path }) => path) }),
  );
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function built(path) {
  if (existsSync(path)) return path;
  console.error(`${relative(root, path)} is not there: run \`npm run build\``);
  process.exit(1);
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return stdout;
  console.error(`${stderr ?? error?.message}\n${command} ${args.join(' ')}\nfailed`);
  process.exit(1);
}
