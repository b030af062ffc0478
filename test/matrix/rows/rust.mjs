// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, tool } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';
import { copySources, sourcesOf } from '../sources.mjs';

const APPS = fileURLToPath(new URL('../apps/rust/', import.meta.url));

/** @type {readonly import('../row.mjs').ColumnId[]} */
const ALL = ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'];

/** @type {readonly import('../row.mjs').ColumnId[]} */
const SECURE = ['https1', 'h2', 'grpcs'];

/** @typedef {'ring' | 'aws-lc-rs' | 'native-tls'} Feature */

/** @param {Feature} feature @param {'release' | 'lto'} profile @returns {() => Promise<string>} */
function builder(feature, profile) {
  return async () => {
    const version = await tool('cargo', ['--version']);
    // Rows that run the same program share its build.
    const folder = await cached(`rust-${feature}`, [version, profile, ...sourcesOf(APPS)], async (at) => {
      copySources(APPS, at);
      const build = ['cargo', 'build', '-q', '--locked', '--profile', profile, '--features', feature];
      await tool('nice', ['-n', '10', ...build], { cwd: at, env: { CARGO_TARGET_DIR: join(at, 'target') } });
    });
    return join(folder, 'target', profile, 'matrix');
  };
}

const ring = builder('ring', 'release');
const awsLcRs = builder('aws-lc-rs', 'lto');

/**
 * @typedef {object} Programs
 * @property {string} id
 * @property {string} tls
 * @property {() => Promise<string>} server
 * @property {() => Promise<string>} client
 * @property {readonly import('../row.mjs').ColumnId[]} columns
 * @property {import('../row.mjs').Row['cannot']} cannot
 * @property {readonly string[]} [options]
 */

/** @param {Programs} programs @returns {import('../row.mjs').Row} */
function row({ id, tls, server, client, columns, cannot, options = [] }) {
  return {
    id,
    language: 'Rust',
    stack: `hyper, axum, reqwest, tonic with ${tls}`,
    prepare: async () => [await server(), await client()],
    server: { columns, start: async ({ words }) => runProgram(await server(), ['server', ...options, ...words]) },
    client: {
      columns,
      start: async (context) =>
        commandedClient(await runProgram(await client(), ['client', ...options, ...context.words]), context),
    },
    cannot,
  };
}

/** @param {Programs['id']} id @param {string} tls @param {() => Promise<string>} program */
function whole(id, tls, program) {
  return row({ id, tls, server: program, client: program, columns: ALL, cannot: {} });
}

const NO_TLS = 'there is no TLS in it: as in the rows above';

export const rows = [
  whole('rust-rustls', 'rustls (ring)', ring),
  whole(
    'rust-rustls-lto',
    'rustls (aws-lc-rs), built with `lto = "fat"`, `codegen-units = 1`, `panic = "abort"`',
    awsLcRs,
  ),
  row({
    id: 'rust-rustls-tls12',
    tls: 'rustls, TLS 1.2 only (server: ring, client: aws-lc-rs)',
    server: ring,
    client: awsLcRs,
    columns: SECURE,
    cannot: { server: { others: NO_TLS }, client: { others: NO_TLS } },
    options: ['tls12=only'],
  }),
  whole('rust-native-tls', 'native-tls (OpenSSL)', builder('native-tls', 'release')),
];
