// @ts-check
import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, tool } from '../cache.mjs';
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

const noGrpc = 'the gRPC library is in no registry that is reached here';

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
      server: { others: 'Kestrel, the server that speaks it, is in no registry that is reached here' },
      client: { grpc: noGrpc, grpcs: noGrpc },
    },
    wrong: { client: { https1: 'OpenSSL is loaded by the first request over TLS, which it may be too late to see' } },
  },
];
