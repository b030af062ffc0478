import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { PrometheusExporter, type SemanticConventionsOptions } from '@beyla/exporters';
import { describe, expect, it, vi } from 'vitest';
import { callOf, GIVEN_UP, SERVICE } from '../matrix/requests.mjs';
import { nodeModules } from '../matrix/rows/node.mjs';
import { needsBpf, optional, unless } from '../support/capability.ts';
import { fetchPrometheus, PrometheusServer } from '../support/prometheus-server.mjs';
import { type App, freePort, runApp } from '../support/run-app.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const APPS = fileURLToPath(new URL('../matrix/apps/node/', import.meta.url));
const CALLS = 60;
/** Calls of every kind but those whose end is not told on the wire. */
const KNOWN = Array.from({ length: CALLS }, (_, n) => callOf(n)).filter(({ rpc }) => !GIVEN_UP.includes(rpc));

const [modules, prometheusCause] = await Promise.all([
  nodeModules().catch((error: Error) => error),
  fetchPrometheus().then(
    () => undefined,
    (error: Error) => error.message,
  ),
]);
const needsGrpc = needsBpf.skip
  ? needsBpf
  : prometheusCause === undefined
    ? optional(modules instanceof Error ? `needs @grpc/grpc-js from the registry: ${modules.message}` : undefined)
    : unless(prometheusCause);

interface Scene {
  readonly server: App;
  readonly client: App;
  readonly watching: Watch;
  readonly prometheus: PrometheusServer;
  /** Makes the calls; resolves when the client has all answers. */
  call(first: number): Promise<void>;
}

/** A server and a client of @grpc/grpc-js, both watched, neither touched. */
async function scene(semanticConventions: SemanticConventionsOptions = {}): Promise<Scene> {
  const tls = makeTlsFiles();
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = { MATRIX_MODULES: String(modules) };
  const serverArgs = [`${APPS}server.mjs`, `grpc=${port}`, `cert=${tls.cert}`, `key=${tls.key}`];
  const server = use(
    await runApp('grpc-server', process.execPath, serverArgs, { ready: /^READY$/, port, env, dispose: tls.remove }),
  );
  const clientArgs = [`${APPS}client.mjs`, 'stack=node', `ca=${tls.ca}`];
  const client = use(await runApp('grpc-client', process.execPath, clientArgs, { ready: /^READY$/, port, env }));
  const exporters = [new PrometheusExporter({ host: '127.0.0.1', port: metricsPort, semanticConventions })];
  const watching = use(await watch({ pids: [server.pid, client.pid], exporters }));
  const prometheus = use(await PrometheusServer.start([{ port: metricsPort }]));
  const call = async (first: number): Promise<void> => {
    const done = client.line(/^(DONE|FAILED) grpc/);
    client.write(`grpc 127.0.0.1:${port} ${first} ${CALLS} 2\n`);
    expect((await done)[1]).toBe('DONE');
  };
  return { server, client, watching, prometheus, call };
}

/** Calls methods that the server does not have, each by another name; resolves when all are refused. */
async function invent(port: number, count: number): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  for (let n = 0; n < count; n += 1) {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/no.Such/M${n}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.alloc(5));
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    expect(headers['grpc-status']).toBe('12');
    stream.resume();
    await once(stream, 'close');
  }
  session.close();
}

/** How often each method ended with each status, as Prometheus has it. */
async function byMethodAndStatus(prometheus: PrometheusServer, metric: string, status: string): Promise<unknown> {
  const found = await prometheus.query(`sum by (rpc_method, ${status}) (${metric}_count)`);
  const known = found.filter(({ labels }) => !GIVEN_UP.some((rpc) => labels['rpc_method'] === `${SERVICE}/${rpc}`));
  return Object.fromEntries(known.map(({ labels, value }) => [`${labels['rpc_method']} ${labels[status]}`, value]));
}

function expected(name: (status: number) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rpc, status } of KNOWN) {
    const key = `${SERVICE}/${rpc} ${name(status[0] ?? 0)}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('gRPC by @grpc/grpc-js, scraped by Prometheus', needsGrpc, () => {
  it('calls are counted by method and status as the client made them, for the server and for the client', async () => {
    const { prometheus, call, watching } = await scene();
    await call(0);
    await vi.waitFor(
      async () => {
        for (const side of ['server', 'client']) {
          const found = await byMethodAndStatus(prometheus, `rpc_${side}_duration_seconds`, 'rpc_grpc_status_code');
          expect(found, `${side}: ${JSON.stringify(watching.beyla.stats().drops)}`).toEqual(expected(String));
        }
      },
      { timeout: 15_000, interval: 200 },
    );
    // Whatever is said of calls that were given up, each of them was seen.
    for (const side of ['server', 'client']) {
      expect(await prometheus.total(`sum(rpc_${side}_duration_seconds_count)`)).toBe(CALLS);
    }
    const failed = 'rpc_client_duration_seconds_count{error_type="NOT_FOUND"}';
    expect(await prometheus.total(failed)).toBe(KNOWN.filter(({ rpc }) => rpc === 'Fail').length);
    expect(await prometheus.total(failed.replace('client', 'server'))).toBe(0);
    expect(await prometheus.total('sum(http_server_request_duration_seconds_count)')).toBe(0);
  });

  it('methods that a client invents are one, beside those that there are', async () => {
    const { server, prometheus, call, watching } = await scene();
    await call(0);
    await invent(server.port, 300);
    const total = 'sum(rpc_server_duration_seconds_count)';
    await vi.waitFor(async () => expect(await prometheus.total(total)).toBe(CALLS + 300), {
      timeout: 15_000,
      interval: 200,
    });
    const other = await prometheus.query('rpc_server_duration_seconds_count{rpc_method="_OTHER"}');
    expect(other.map(({ labels, value }) => [labels['rpc_grpc_status_code'], value])).toEqual([['12', 300]]);
    expect(await prometheus.query('rpc_server_duration_seconds_count{rpc_method=~"no.Such.*"}')).toEqual([]);
    const names = new Set(watching.spans.map((span) => ('path' in span ? span.path : '')));
    expect(names).toContain('/no.Such/M299');
  });

  it('the gRPC panels of our Grafana dashboard show them', async () => {
    const { prometheus, call } = await scene();
    for (const [first, total] of [
      [0, CALLS],
      [CALLS, 2 * CALLS],
    ] as const) {
      await call(first);
      const seen = async (): Promise<void> =>
        expect(await prometheus.total('sum(rpc_client_duration_seconds_count)')).toBe(total);
      await vi.waitFor(seen, { timeout: 15_000, interval: 200 });
    }
    const text = readFileSync(new URL('../../examples/grafana/red-dashboard.json', import.meta.url), 'utf8');
    const { panels } = JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
    const ofGrpc = queries.filter((expr) => expr.includes('rpc_'));
    expect(ofGrpc.length).toBeGreaterThan(10);
    for (const expr of ofGrpc) {
      const promql = expr.replaceAll('$__rate_interval', '20s').replaceAll('$service', '.*');
      expect((await prometheus.query(promql)).length, promql).toBeGreaterThan(0);
    }
    const methods = await prometheus.query('topk(10, sum by (rpc_method) (rpc_server_duration_seconds_count))');
    expect(methods.map(({ labels }) => labels['rpc_method'])).toContain(`${SERVICE}/Chat`);
  });

  it('names are those of both conventions with rpc/dup', async () => {
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'rpc/dup');
    const { prometheus, call } = await scene();
    vi.unstubAllEnvs();
    await call(0);
    const names = (status: number): string => (status === 0 ? 'OK' : 'NOT_FOUND');
    await vi.waitFor(
      async () => {
        const stable = 'rpc_server_call_duration_seconds';
        expect(await byMethodAndStatus(prometheus, stable, 'rpc_response_status_code')).toEqual(expected(names));
        const old = 'rpc_server_duration_seconds';
        expect(await byMethodAndStatus(prometheus, old, 'rpc_grpc_status_code')).toEqual(expected(String));
      },
      { timeout: 15_000, interval: 200 },
    );
  });
});
