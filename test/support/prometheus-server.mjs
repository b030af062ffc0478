// @ts-check
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, runApp } from './run-app.mjs';

const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));
const BINARY = join(CACHE, 'prometheus/usr/bin/prometheus');
const run = promisify(execFile);

/**
 * One series of an answer.
 *
 * @typedef {object} Result
 * @property {Record<string, string>} labels without the name of the metric
 * @property {number} value
 *
 * @typedef {object} Exemplar
 * @property {Record<string, string>} labels
 * @property {string} value
 *
 * @typedef {object} Scrape where and how often it scrapes; https and a password are what the target asks for
 * @property {number} port
 * @property {string} [path]
 * @property {string} [caFile]
 * @property {{ username: string, password: string }} [basicAuth]
 */

/**
 * Unpacks Debian's package of Prometheus to .cache: nothing is installed, no service is started. Rejects with the cause where apt
 * cannot fetch it.
 *
 * @returns {Promise<string>} the program
 */
export async function fetchPrometheus() {
  if (existsSync(BINARY)) return BINARY;
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(join(CACHE, 'prometheus-'));
  try {
    const download = ['-q', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus'];
    // A machine that never ran `apt-get update` knows no packages.
    await run('apt-get', download, { cwd: directory }).catch(async () => {
      await run('apt-get', ['-qq', 'update']);
      await run('apt-get', download, { cwd: directory });
    });
    const [deb] = readdirSync(directory);
    const unpacked = join(directory, 'unpacked');
    await run('dpkg', ['-x', join(directory, deb ?? ''), unpacked]);
    rmSync(join(CACHE, 'prometheus'), { recursive: true, force: true });
    renameSync(unpacked, join(CACHE, 'prometheus'));
  } catch (error) {
    throw new Error(`no prometheus: ${/** @type {Error} */ (error).message.split('\n')[0]}`, { cause: error });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return BINARY;
}

/** A Prometheus of the test's own, on a free port of 127.0.0.1, with its data in a directory that ends with it. */
export class PrometheusServer {
  /** @type {import('./run-app.mjs').App} */
  #app;

  /** @param {import('./run-app.mjs').App} app */
  constructor(app) {
    this.#app = app;
  }

  /**
   * Starts one that scrapes every 200 ms and keeps exemplars and native histograms.
   *
   * @param {readonly Scrape[]} scrapes
   */
  static async start(scrapes) {
    const program = await fetchPrometheus();
    const directory = mkdtempSync(join(tmpdir(), 'beyla-prometheus-'));
    const config = join(directory, 'prometheus.yml');
    writeFileSync(config, configOf(scrapes));
    const port = await freePort();
    const app = await runApp(
      'prometheus',
      program,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=exemplar-storage,native-histograms',
      ],
      {
        ready: /Server is ready to receive web requests/,
        on: 'stderr',
        port,
        dispose: () => rmSync(directory, { recursive: true, force: true }),
      },
    );
    return new PrometheusServer(app);
  }

  /**
   * The answer to an instant query now.
   *
   * @param {string} promql
   * @returns {Promise<Result[]>}
   */
  async query(promql) {
    const { result } = await this.#get('query', { query: promql });
    return result.map((/** @type {any} */ { metric: { __name__, ...labels }, value }) => ({
      labels,
      value: Number(value[1]),
    }));
  }

  /**
   * The sum over all series of an answer.
   *
   * @param {string} promql
   */
  async total(promql) {
    return (await this.query(promql)).reduce((sum, { value }) => sum + value, 0);
  }

  /**
   * Exemplars of the last hour.
   *
   * @param {string} promql
   * @returns {Promise<Exemplar[]>}
   */
  async exemplars(promql) {
    const now = Date.now() / 1000;
    const series = await this.#get('query_exemplars', {
      query: promql,
      start: String(now - 3600),
      end: String(now + 60),
    });
    return series.flatMap((/** @type {any} */ { exemplars }) => exemplars);
  }

  stop() {
    return this.#app.stop();
  }

  /** @param {string} endpoint @param {Record<string, string>} parameters @returns {Promise<any>} */
  async #get(endpoint, parameters) {
    const response = await fetch(`http://127.0.0.1:${this.#app.port}/api/v1/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const answer = /** @type {any} */ (await response.json());
    if (answer.status !== 'success') throw new Error(`${endpoint} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
}

/** @param {readonly Scrape[]} scrapes */
function configOf(scrapes) {
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
    scrape_configs: scrapes.map(({ port, path = '/metrics', caFile, basicAuth }, index) => ({
      job_name: `beyla-${index}`,
      // `job` and `instance` of the services are theirs, as Beyla's documentation advises.
      honor_labels: true,
      metrics_path: path,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      ...(caFile === undefined ? {} : { scheme: 'https', tls_config: { ca_file: caFile } }),
      ...(basicAuth === undefined ? {} : { basic_auth: basicAuth }),
    })),
  });
}
