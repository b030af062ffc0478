// @ts-check
import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, npmModules, tool } from '../cache.mjs';
import { columnOf } from '../columns.mjs';
import { commandedClient, runProgram } from '../row.mjs';

const APPS = fileURLToPath(new URL('../apps/dotnet/', import.meta.url));
const SOURCES = ['Words.cs', 'Server.cs', 'Client.cs'];
const RUNTIME = '3.1.23';
/** The runtime, and a package that brings the OpenSSL 1.1 which this runtime loads. */
const PACKAGES = [`dotnetcore2==${RUNTIME}`, 'psycopg2-binary==2.9.5'];
const ASSEMBLIES = [
  'System.Private.CoreLib',
  'System.Private.Uri',
  'System.Runtime',
  'System.Collections',
  'System.Console',
  'System.Linq',
  'System.Net.Http',
  'System.Net.HttpListener',
  'System.Net.Primitives',
  'System.Net.Security',
  'System.Net.Sockets',
  'System.Runtime.Extensions',
  'System.Runtime.InteropServices',
  'System.Security.Cryptography.X509Certificates',
];

function build() {
  const sources = SOURCES.map((name) => readFileSync(join(APPS, name), 'utf8'));
  return cached('dotnet', [...PACKAGES, ...ASSEMBLIES, ...sources], async (folder) => {
    const at = (/** @type {readonly string[]} */ ...names) => join(folder, ...names);
    await tool('/usr/bin/python3', ['-m', 'venv', at('venv')]);
    const pip = ['install', '-q', '--disable-pip-version-check', '--no-deps', '--target', at('packages'), ...PACKAGES];
    await tool(at('venv/bin/pip'), pip);
    chmodSync(dotnetOf(folder), 0o755);

    const libraries = at('packages/psycopg2_binary.libs');
    const openssl = readdirSync(libraries).find((name) => /^libssl-.*\.so\.1\.1$/.test(name)) ?? '';
    symlinkSync(openssl, join(libraries, 'libssl.so.1.1'));

    const framework = at('packages/dotnetcore2/bin/shared/Microsoft.NETCore.App', RUNTIME);
    const references = ASSEMBLIES.map((name) => `-r:${join(framework, name)}.dll`);
    const compiler = ['-nostdlib', '-noconfig', '-langversion:7.2', ...references];
    const configuration = {
      framework: { name: 'Microsoft.NETCore.App', version: RUNTIME },
      configProperties: { 'System.Globalization.Invariant': true },
    };
    for (const name of ['Server', 'Client']) {
      await tool('mcs', [...compiler, `-out:${at(`${name}.dll`)}`, join(APPS, 'Words.cs'), join(APPS, `${name}.cs`)]);
      writeFileSync(at(`${name}.runtimeconfig.json`), JSON.stringify({ runtimeOptions: configuration }));
    }
  });
}

/** @param {string} folder */
function dotnetOf(folder) {
  return join(folder, 'packages/dotnetcore2/bin/dotnet');
}

/** @param {string} name @param {import('../row.mjs').Context} context @param {readonly string[]} words */
async function run(name, { tls }, words) {
  const folder = await build();
  const env = { LD_LIBRARY_PATH: join(folder, 'packages/psycopg2_binary.libs'), SSL_CERT_FILE: tls.ca };
  return await runProgram(dotnetOf(folder), [join(folder, `${name}.dll`), ...words], { env });
}

/** @type {import('../row.mjs').ServerSide['start']} */
async function startServer(context) {
  const { tls, folder, words } = context;
  const pkcs12 = join(folder, 'cert.p12');
  await tool('openssl', ['pkcs12', '-export', '-in', tls.cert, '-inkey', tls.key, '-out', pkcs12, '-passout', 'pass:']);
  return await run('Server', context, [...words, `pkcs12=${pkcs12}`]);
}

/** @typedef {import('../columns.mjs').ColumnId} ColumnId */

const AZURE_MCP = '@azure/mcp-linux-x64';

/** Resolves with a program of Microsoft's that has .NET 10's runtime and Kestrel inside, of which only Kestrel is of interest. */
async function azureMcp() {
  const file = join(await npmModules('kestrel', { [AZURE_MCP]: '2.0.5' }), 'node_modules', AZURE_MCP, 'dist/azmcp');
  chmodSync(file, 0o755);
  await tool(file, ['--version']);
  return file;
}

/** It loads tools for all of Azure first. */
const KESTREL_START_TIMEOUT_MS = 60_000;
const KESTREL_PROTOCOLS = /** @type {const} */ ({ http1: 'Http1', https1: 'Http1', h2c: 'Http2', h2: 'Http2' });

/** @type {import('../row.mjs').ServerSide['start']} */
async function startKestrel({ folder, word, ports, tls }) {
  const link = join(folder, word);
  symlinkSync(await azureMcp(), link);
  const endpoints = Object.entries(KESTREL_PROTOCOLS).flatMap(([id, protocols]) => {
    const { tls: isSecure } = columnOf(/** @type {ColumnId} */ (id));
    const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${ports[/** @type {ColumnId} */ (id)]}`;
    return [
      [`Kestrel__Endpoints__${id}__Url`, url],
      [`Kestrel__Endpoints__${id}__Protocols`, protocols],
    ];
  });
  const env = {
    ...Object.fromEntries(endpoints),
    Kestrel__Certificates__Default__Path: tls.cert,
    Kestrel__Certificates__Default__KeyPath: tls.key,
    // No port, so it does not redirect from http to there.
    HTTPS_PORT: '-1',
    AZURE_MCP_COLLECT_TELEMETRY: 'false',
    Logging__LogLevel__Default: 'Warning',
    'Logging__LogLevel__Microsoft.Hosting.Lifetime': 'Information',
    HOME: folder,
  };
  const args = ['server', 'start', '--transport', 'http', '--dangerously-disable-http-incoming-auth'];
  return await runProgram(link, args, { ready: /Application started/, env, timeoutMs: KESTREL_START_TIMEOUT_MS });
}

const noGrpc = 'the gRPC library is in no registry that is reached here';

const handsOver =
  'late: threads of a pool hand over what they have read, so nothing tells whose a connection is that is older than the tracer: its requests make no span, and are counted';

/** @type {readonly import('../row.mjs').Row[]} */
export const rows = [
  {
    id: 'dotnet',
    language: '.NET',
    stack: '.NET Core 3.1: HttpListener, SslStream, HttpClient',
    prepare: build,
    server: { columns: ['http1', 'https1'], start: startServer },
    client: {
      columns: ['http1', 'https1', 'h2c', 'h2'],
      start: async (context) => commandedClient(await run('Client', context, context.words), context),
    },
    cannot: {
      server: { others: 'HttpListener speaks HTTP/1 only' },
      client: { grpc: noGrpc, grpcs: noGrpc },
    },
  },
  {
    id: 'dotnet-kestrel',
    language: '.NET',
    stack: '.NET 10: Kestrel',
    prepare: azureMcp,
    server: {
      columns: ['http1', 'https1', 'h2c', 'h2'],
      start: startKestrel,
      answers: { ok: 404, fail: 404, echo: 404, big: 404 },
    },
    wrong: { server: { https1: handsOver, h2: handsOver } },
    cannot: {
      server: { grpc: noGrpc, grpcs: noGrpc },
      client: { others: 'the program that has Kestrel inside is no client' },
    },
  },
];
