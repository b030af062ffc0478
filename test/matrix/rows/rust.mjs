// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, tool } from '../cache.mjs';
import { commandedClient, runProgram } from '../row.mjs';
import { copySources, sourcesOf } from '../sources.mjs';

const APPS = fileURLToPath(new URL('../apps/rust/', import.meta.url));

/** @type {readonly import('../row.mjs').ColumnId[]} */
const ALL = ['http1', 'https1', 'h2c', 'h2', 'grpc', 'grpcs'];

/** @param {'rustls' | 'native-tls'} feature @returns {() => Promise<string>} */
function builder(feature) {
  return async () => {
    const version = await tool('cargo', ['--version']);
    // Both rows share what they are built of.
    const folder = await cached(`rust-${feature}`, [version, ...sourcesOf(APPS)], async (at) => {
      copySources(APPS, at);
      const build = ['cargo', 'build', '-q', '--locked', '--release', '--features', feature];
      await tool('nice', ['-n', '10', ...build], { cwd: at, env: { CARGO_TARGET_DIR: join(at, 'target') } });
    });
    return join(folder, 'target/release/matrix');
  };
}

/** @param {string} id @param {'rustls' | 'native-tls'} feature @returns {import('../row.mjs').Row} */
function row(id, feature) {
  const executable = builder(feature);
  return {
    id,
    language: 'Rust',
    stack: `hyper, axum, reqwest, tonic with ${feature === 'rustls' ? 'rustls' : 'native-tls (OpenSSL)'}`,
    prepare: executable,
    server: { columns: ALL, start: async ({ words }) => runProgram(await executable(), ['server', ...words]) },
    client: {
      columns: ALL,
      start: async (context) =>
        commandedClient(await runProgram(await executable(), ['client', ...context.words]), context),
    },
    cannot: {},
  };
}

export const rows = [row('rust-rustls', 'rustls'), row('rust-native-tls', 'native-tls')];
