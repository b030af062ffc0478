import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { parseTextFormat } from '../support/prometheus-text.ts';

const RUNNER = fileURLToPath(new URL('../apps/tutorial.mjs', import.meta.url));
const TUTORIALS = fileURLToPath(new URL('../../packages/core/src/testing/tutorials/', import.meta.url));

interface Place {
  readonly port: number;
  readonly path: string;
}

interface Scenario {
  /** Name of the tutorial's file. */
  readonly config?: string;
  readonly env?: Record<string, string>;
  readonly apps: readonly { readonly name: string; readonly port: number }[];
  readonly requests: readonly Place[];
  readonly scrape?: Place;
  readonly hosts?: readonly string[];
  /** Spans to wait for. */
  readonly spans: number;
}

interface Seen {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly path: string;
  readonly route?: string;
  readonly ignore: string;
}

interface Outcome {
  readonly seen: readonly Seen[];
  /** Names of the services. */
  readonly selected: readonly string[];
  readonly page: string;
  readonly posts: readonly { readonly path: string; readonly type: string; readonly text: string }[];
  /** Paths of the keys that were warned of. */
  readonly warnings: readonly string[];
  readonly drops: Readonly<Record<string, number>>;
  /** What was printed for each request. */
  readonly lines: readonly string[];
}

interface ResourceSpans {
  readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[];
}

function spansOf({ scopeSpans }: ResourceSpans): { readonly name: string }[] {
  return scopeSpans.flatMap(({ spans }) => spans);
}

/** Runs it where nothing but the scenario's own programs exists: selectors as broad as a tutorial's may be used there and nowhere else. */
async function run({ config, env = {}, hosts = [], ...scenario }: Scenario): Promise<Outcome> {
  const given = { ...scenario, env, hosts, ...(config !== undefined && { config: `${TUTORIALS}${config}` }) };
  const namespaces = ['--pid', '--net', '--mount', '--fork', '--kill-child', '--mount-proc'];
  const { stdout } = await promisify(execFile)(
    'unshare',
    [...namespaces, process.execPath, RUNNER, JSON.stringify(given)],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  const lines = stdout.trimEnd().split('\n');
  const result = lines.pop()?.replace(/^RESULT /, '') ?? '';
  return { ...(JSON.parse(result) as Omit<Outcome, 'lines'>), lines };
}

function times<T>(count: number, each: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => each(i));
}

/** The sum of a metric over the series that have these labels. */
function total(page: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return parseTextFormat(page)
    .samples.filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

const COUNT = 'http_server_request_duration_seconds_count';

describe('configurations of tutorials, run unchanged', needsBpf, () => {
  it('first steps: one program by name and port, a line for each request, and a page for Prometheus', async () => {
    const outcome = await run({
      config: 'first-steps.yml',
      apps: [
        { name: 'goblog', port: 8443 },
        { name: 'goblog-admin', port: 8444 },
        { name: 'other', port: 8445 },
      ],
      requests: times(10, (i) => ({ port: 8443 + (i % 3), path: `/users/${i}` })),
      spans: 4,
      scrape: { port: 8999, path: '/internal/metrics' },
    });
    expect(outcome.warnings).toEqual([]);
    expect(outcome.seen.map(({ name, namespace, path }) => [name, namespace, path])).toEqual(
      [0, 3, 6, 9].map((i) => ['goblog', 'blog', `/users/${i}`]),
    );
    expect(outcome.lines).toHaveLength(4);
    expect(outcome.lines[3]).toMatch(/ server GET \/users\/9 200 [\d.]+[mu]s .*goblog <- 127\.0\.0\.1:\d+ trace=/);
    expect(total(outcome.page, COUNT, { service_name: 'goblog', service_namespace: 'blog', http_route: '/**' })).toBe(
      4,
    );
  });

  it('services: each program by its own entry, with its names; routes; both signals to the collector', async () => {
    const outcome = await run({
      config: 'services.yml',
      env: { COLLECTOR_HOST: 'otel' },
      hosts: ['otel'],
      apps: [
        { name: 'backend', port: 8080 },
        { name: 'frontend', port: 9090 },
        { name: 'worker', port: 7000 },
        { name: 'proxy', port: 443 },
        { name: 'backend-2', port: 9091 },
      ],
      requests: [8080, 9090, 7000, 443, 9091].flatMap((port) => [
        { port, path: '/user/7' },
        { port, path: '/health' },
      ]),
      spans: 8,
    });
    expect(new Set(outcome.seen.map(({ name, namespace }) => `${namespace}/${name}`))).toEqual(
      new Set(['my-app/backend', 'my-app/frontend', 'my-app/worker', '/proxy']),
    );
    expect(outcome.seen).toHaveLength(8);
    for (const { path, route, ignore } of outcome.seen) {
      expect([route, ignore]).toEqual(path === '/health' ? ['/health', 'traces'] : ['/user/:id', 'none']);
    }
    const traces = outcome.posts.filter(({ path }) => path === '/v1/traces').map(({ text }) => text);
    expect(traces.join('').match(/GET \/user\/:id/g)).toHaveLength(4);
    expect(traces.join('')).not.toContain('/health');
    const metrics = outcome.posts.filter(({ path }) => path === '/v1/metrics').map(({ text }) => text);
    expect(metrics.join('')).toContain('/health');
    for (const name of ['backend', 'frontend', 'worker', 'proxy']) expect(metrics.join('')).toContain(name);
  });

  it('the ConfigMap: a broad range of ports, heuristic routes, ignored probes, lines, traces and a page', async () => {
    const outcome = await run({
      config: 'config-map.yml',
      hosts: ['otelcol.monitoring'],
      apps: [
        { name: 'shop', port: 80 },
        { name: 'cart', port: 8999 },
        { name: 'outside', port: 9000 },
      ],
      requests: [80, 8999, 9000].flatMap((port) => [
        ...times(5, (i) => ({ port, path: `/users/${1000 + 7919 * i}` })),
        { port, path: '/healthz' },
      ]),
      spans: 12,
      scrape: { port: 9400, path: '/metrics' },
    });
    expect([...outcome.selected].sort()).toEqual(['cart', 'shop']);
    const wanted = outcome.seen.filter(({ path }) => path !== '/healthz');
    expect(wanted.map(({ route }) => route)).toEqual(times(10, () => '/users/*'));
    expect(outcome.seen.filter(({ path }) => path === '/healthz').map(({ ignore }) => ignore)).toEqual(['all', 'all']);
    expect(outcome.lines).toHaveLength(10);
    const series = { http_route: '/users/*', url_path: '/users/1000', client_address: '127.0.0.1' };
    expect(total(outcome.page, COUNT, series)).toBe(2);
    expect(total(outcome.page, COUNT)).toBe(10);
    expect(outcome.page).not.toContain('healthz');
    expect(total(outcome.page, 'target_info')).toBe(2);
    const traces = outcome.posts.filter(({ path, type }) => path === '/v1/traces' && type === 'application/x-protobuf');
    expect(traces.map(({ text }) => text.match(/GET \/users\/\*/g)?.length ?? 0).reduce((a, b) => a + b, 0)).toBe(10);
    expect(Object.values(outcome.drops).every((count) => count === 0)).toBe(true);
  });

  it('variables alone: selection, names, printing, a page, OTLP and the sampler', async () => {
    const outcome = await run({
      env: {
        BEYLA_OPEN_PORT: '8080',
        BEYLA_SERVICE_NAME: 'named',
        BEYLA_SERVICE_NAMESPACE: 'by-variables',
        BEYLA_TRACE_PRINTER: 'json',
        BEYLA_PROMETHEUS_PORT: '9400',
        BEYLA_METRICS_FEATURES: 'application,application_span',
        BEYLA_HOSTNAME: 'node-7',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_TRACES_SAMPLER: 'always_off',
      },
      hosts: ['collector'],
      apps: [
        { name: 'app', port: 8080 },
        { name: 'other', port: 8081 },
      ],
      requests: times(6, (i) => ({ port: 8080 + (i % 2), path: '/users/1?token=s3cret' })),
      spans: 3,
      scrape: { port: 9400, path: '/metrics' },
    });
    expect(outcome.seen.map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(
      times(3, () => 'by-variables/named'),
    );
    expect(outcome.lines.map((line) => JSON.parse(line).attributes['url.query'])).toEqual(
      times(3, () => 'token=REDACTED'),
    );
    expect(total(outcome.page, COUNT, { service_name: 'named' })).toBe(3);
    expect(total(outcome.page, 'traces_spanmetrics_calls_total')).toBe(3);
    expect(outcome.page).toMatch(/target_info\{[^}]*host_name="node-7"/);
    // always_off: no trace is sent, but every request is counted.
    const posted = new Set(outcome.posts.map(({ path, type }) => `${path} ${type}`));
    expect(posted).toEqual(new Set(['/v1/metrics application/json']));
    // Cumulative: of several exports the last one says it all.
    const metrics = JSON.parse(outcome.posts.at(-1)?.text ?? '');
    expect(metrics.resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0].count).toBe(3);
  });

  it('protocol debug prints what would be sent, and /healthz answers beside it', async () => {
    const outcome = await run({
      env: {
        BEYLA_OPEN_PORT: '8080',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'debug',
        BEYLA_HEALTH_CHECK_PORT: '8081',
      },
      apps: [{ name: 'backend', port: 8080 }],
      requests: times(3, (i) => ({ port: 8080, path: `/users/${i}` })),
      spans: 3,
      scrape: { port: 8081, path: '/healthz' },
    });
    expect(outcome.warnings).toEqual([]);
    expect(outcome.posts).toEqual([]);
    expect(JSON.parse(outcome.page)).toMatchObject({
      status: 'healthy',
      components: { tracer: { status: 'healthy' } },
    });
    const documents = outcome.lines.map((line) => JSON.parse(line) as { resourceSpans?: ResourceSpans[] });
    const spans = documents.flatMap(({ resourceSpans = [] }) => resourceSpans.flatMap(spansOf));
    expect(spans.map(({ name }) => name).filter((name) => name.startsWith('GET'))).toEqual(Array(3).fill('GET /**'));
    expect(JSON.stringify(documents)).toContain('"name":"http.server.request.duration"');
  });

  it('names the host as DNS does, unless dns is off', async () => {
    const scenario = {
      env: { BEYLA_OPEN_PORT: '8080', BEYLA_PROMETHEUS_PORT: '9400' },
      hosts: [`${hostname()}.shop.test`, hostname()],
      apps: [{ name: 'backend', port: 8080 }],
      requests: [{ port: 8080, path: '/' }],
      scrape: { port: 9400, path: '/metrics' },
      spans: 1,
    };
    const instances = ({ page }: Outcome): unknown[] =>
      parseTextFormat(page)
        .samples.filter(({ name }) => name === COUNT)
        .map(({ labels }) => labels['instance']);
    expect(instances(await run(scenario))).toEqual([expect.stringMatching(`^${hostname()}\\.shop\\.test:\\d+$`)]);
    const env = { ...scenario.env, BEYLA_HOSTNAME_DNS_RESOLUTION: 'false' };
    expect(instances(await run({ ...scenario, env }))).toEqual([expect.stringMatching(`^${hostname()}:\\d+$`)]);
  });
});
