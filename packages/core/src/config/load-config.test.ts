// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in YAML are what is tested.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiagLogLevel } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BeylaError, ERROR_CODES } from '../errors.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { diagLogLevel } from './diag-log-level.ts';
import { type BeylaConfig, loadConfig } from './load-config.ts';
import { SCHEMA } from './schema/schema.ts';
import { leavesOf } from './schema-paths.ts';
import type { Environment } from './substitute.ts';
import { toBeylaOptions } from './to-beyla-options.ts';

const MINIMAL = 'open_port: 80\nprint_traces: true\n';

function load(text: string, env: Environment = {}): Promise<BeylaConfig> {
  return loadConfig(text, env);
}

async function failure(text: string, env: Environment = {}): Promise<BeylaError> {
  const error = await load(text, env).catch((thrown: unknown) => thrown);
  if (error instanceof BeylaError) return error;
  throw new Error(`expected a BeylaError, not ${String(error)}`);
}

describe('loadConfig()', () => {
  it('fills in defaults, and freezes', async () => {
    const config = await load(MINIMAL);
    expect(config).toMatchObject({
      open_port: '80',
      print_traces: true,
      trace_printer: 'disabled',
      routes: { unmatched: 'wildcard', patterns: [] },
      otel_metrics_export: { interval: 5000 },
      prometheus_export: { port: 0, path: '/metrics' },
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.routes)).toBe(true);
    expect(config.warnings).toEqual([]);
  });

  it('takes variables over the file, and the file over defaults', async () => {
    const text = `${MINIMAL}otel_metrics_export: { interval: 10s, ttl: 1m30s }`;
    const config = await load(text, { BEYLA_METRICS_INTERVAL: '20s', BEYLA_OPEN_PORT: '' });
    expect(config.otel_metrics_export).toMatchObject({ interval: 20_000, ttl: 90_000 });
    expect(config.open_port).toBe('80');
    expect(config.sources.get('otel_metrics_export.interval')).toMatchObject({
      from: 'env',
      name: 'BEYLA_METRICS_INTERVAL',
    });
    expect(config.sources.get('otel_metrics_export.ttl')).toMatchObject({ from: 'file', line: 3, column: 44 });
    expect(config.sources.has('routes.unmatched')).toBe(false);
  });

  it('takes BEYLA_X over OTEL_EBPF_X, and whole milliseconds in names of OpenTelemetry', async () => {
    const env = { OTEL_EBPF_OPEN_PORT: '1', OTEL_EBPF_PRINT_TRACES: '1', OTEL_METRIC_EXPORT_INTERVAL: '1500' };
    expect(await load('', env)).toMatchObject({ open_port: '1', print_traces: true });
    const config = await load('', { ...env, BEYLA_OPEN_PORT: '2' });
    expect(config.open_port).toBe('2');
    expect(config.otel_metrics_export.interval).toBe(1500);
    expect((await failure('', { ...env, BEYLA_METRICS_INTERVAL: '1500' })).message).toMatch(
      /^BEYLA_METRICS_INTERVAL: `otel_metrics/,
    );
  });

  it('needs no file', async () => {
    const config = await loadConfig(undefined, { BEYLA_OPEN_PORT: '80', BEYLA_PROMETHEUS_PORT: '9400' });
    expect(config.prometheus_export.port).toBe(9400);
  });

  it('puts variables in place of values of any kind, never of structure', async () => {
    const text =
      'open_port: ${PORTS}\nprint_traces: ${PRINT:-true}\nroutes: { patterns: "${PATTERNS}" }\nservice_name: $${NAME}\n';
    const config = await load(text, { PORTS: '80,90', PATTERNS: '/a, /b/:id', NAME: 'x' });
    expect(config).toMatchObject({ open_port: '80,90', print_traces: true, service_name: '${NAME}' });
    expect(config.routes.patterns).toEqual(['/a', '/b/:id']);
    const flow = 'routes: { patterns: [${A}, ${B:-/c, /d}], unmatched: ${NONE} }';
    expect((await load(`${MINIMAL}${flow}`, { A: '/a: b' })).routes).toMatchObject({ patterns: ['/a: b', '/c, /d'] });
    expect((await load(`${MINIMAL}service_name: \${NAME}`, { NAME: 'x\nnoop: true' })).noop).toBe(false);
    expect(await load(`${MINIMAL}otel_metrics_export: { interval: \${NONE} }`)).toMatchObject({
      otel_metrics_export: { interval: 5000 },
    });
  });

  it('follows anchors and merge keys', async () => {
    const text = `${MINIMAL}discovery: { services: [ &base { exe_path: a, namespace: n }, { <<: *base, exe_path: b } ] }`;
    const { instrument } = toBeylaOptions(await load(text)).discovery;
    expect(instrument[1]).toEqual({ exePathRegexp: 'b', namespace: 'n' });
  });

  it.each([
    ['open_prot: 80', 'UNKNOWN_OPTION', '<text>:1:1: unknown key `open_prot`; the nearest one is `open_port`'],
    [
      'routes:\n  unmatched: heurstic',
      'INVALID_OPTION',
      '<text>:2:14: `routes.unmatched` is "heurstic"; expected one of `unset`, ',
    ],
    ['open_port: 80-', 'INVALID_PORT_RANGE', '<text>:1:12: `open_port` is "80-": a port is missing at character 4'],
    ['executable_name: (', 'INVALID_PATTERN', '<text>:1:18: `executable_name` is "(": '],
    [
      'discovery:\n  instrument:\n    - exe_path: "["',
      'INVALID_PATTERN',
      '<text>:3:17: `discovery.instrument[0].exe_path` is "["',
    ],
    ['routes: { patterns: ["/a/{b"] }', 'INVALID_PATTERN', '<text>:1:21: '],
    [
      'prometheus_export: { port: 70000 }',
      'INVALID_OPTION',
      '`prometheus_export.port` is 70000; expected a whole number from 0 to 65535',
    ],
    [
      'prometheus_export: { port: "80" }',
      'INVALID_OPTION',
      '`prometheus_export.port` is "80"; expected a whole number',
    ],
    [
      'otel_metrics_export: { interval: 5 }',
      'INVALID_OPTION',
      '`otel_metrics_export.interval` is 5; expected a duration such as',
    ],
    ['print_traces: [', 'INVALID_OPTION', '<text>:1:16: the YAML is wrong: '],
    ['open_port: 80\nopen_port: 81', 'INVALID_OPTION', '<text>:2:1: the YAML is wrong: Map keys must be unique'],
    ['- a: 1', 'INVALID_OPTION', '<text>:1:1: the configuration is no mapping'],
    ['routes: *nowhere', 'INVALID_OPTION', '<text>:1:9: '],
    ['routes: &a { patterns: [*a] }', 'INVALID_OPTION', 'the configuration is too large or refers to itself'],
    [
      'discovery: { services: [{ name: x }] }',
      'INVALID_OPTION',
      '<text>:1:25: `discovery.services[0]` has no criterion',
    ],
    ['print_traces: true', 'INVALID_OPTION', '<text>:1:1: no process is selected. Set one of `open_port`'],
    ['open_port: 80', 'INVALID_OPTION', '<text>:1:1: nothing is exported. Set one of `print_traces: true`'],
    [`${MINIMAL}system_wide: true`, 'INVALID_OPTION', '<text>:3:14: `system_wide` excludes `open_port`. Remove one'],
    [
      `${MINIMAL}ebpf: { batch_length: 0 }`,
      'INVALID_OPTION',
      '`ebpf.batch_length` is 0; expected a whole number from 1',
    ],
    [
      `${MINIMAL}routes: { wildcard_char: "**" }`,
      'INVALID_OPTION',
      '`routes.wildcard_char` is "**"; expected one printable',
    ],
    [
      `${MINIMAL}filter: { application: { a: { match: x, equals: 1 } } }`,
      'INVALID_OPTION',
      '<text>:3:29: `filter.application.a` mixes',
    ],
    [
      `${MINIMAL}otel_traces_export: { queue_size: 10, batch_max_size: 6 }`,
      'INVALID_OPTION',
      '<text>:3:35: `otel_traces_export.queue_size` is 10',
    ],
    [
      `${MINIMAL}prometheus_export: { port: 9, path: /a }\ninternal_metrics: { prometheus: { port: 9, path: /a } }`,
      'INVALID_OPTION',
      '<text>:4:50: ',
    ],
    [
      `${MINIMAL}attributes: { kubernetes: { informers_sync_timeout: 0s } }`,
      'INVALID_OPTION',
      '`attributes.kubernetes.informers_sync_timeout` is "0s"',
    ],
    [
      'discovery: { exclude_services: [{ k8s_namespace: x }] }',
      'INVALID_OPTION',
      '<text>:1:33: `discovery.exclude_services[0]`: `k8s_namespace` cannot be tested (this version does not ask Kubernetes), so the entry has no effect. Take away by `exe_path`',
    ],
    [
      'discovery: { services: [{ exe_path: a, exe_path_regexp: b }] }',
      'INVALID_OPTION',
      '<text>:1:25: `discovery.services[0]`: `exe_path` and',
    ],
    [
      'discovery: { instrument: [{ languages: cobol }] }',
      'INVALID_OPTION',
      '<text>:1:40: `discovery.instrument[0].languages`: no language matches',
    ],
  ])('refuses %j with place and cure', async (text, code, message) => {
    const error = await failure(text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    // The general cure points to the form that the message names.
    const isGeneral = error.cure === ERROR_CODES.INVALID_OPTION;
    expect(isGeneral ? error.message : 'expected').toContain('expected');
  });

  it('never shows what may be a secret', async () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'hidden', OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://user:hidden@host' };
    expect(
      (await failure(MINIMAL, { OTEL_EXPORTER_OTLP_HEADERS: env.OTEL_EXPORTER_OTLP_HEADERS })).message,
    ).not.toContain('hidden');
    expect(
      (await failure(MINIMAL, { OTEL_EXPORTER_OTLP_ENDPOINT: env.OTEL_EXPORTER_OTLP_ENDPOINT })).message,
    ).not.toContain('hidden');
  });

  it('warns of what has no effect, of entries left aside and of variables there are not', async () => {
    const text = `${MINIMAL}network: { enable: true }\ndiscovery:\n  instrument:\n    - k8s_namespace: shop\n      exe_path: "*"\nservice_name: a\n`;
    const config = await load(text, { BEYLA_OPNE_PORT: '80' });
    expect(config.warnings.map(({ message }) => message)).toEqual([
      '<text>:6:22: `discovery.instrument[0].k8s_namespace`: no effect: the entry selects nothing: this version does not ask Kubernetes',
      '<text>:3:10: `network`: no effect: this version measures requests only',
      '<text>:6:7: `discovery.instrument[0]`: `k8s_namespace` cannot be tested (this version does not ask Kubernetes), so the entry has no effect',
      'BEYLA_OPNE_PORT: `BEYLA_OPNE_PORT`: no such variable; the nearest one is `BEYLA_OPEN_PORT`',
    ]);
    expect(toBeylaOptions(config).discovery.instrument).toEqual([{ name: 'a', openPorts: '80' }]);
  });

  it('gives the sampler to createBeyla', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    expect(toBeylaOptions(await load(MINIMAL, env)).sampler).toEqual({ name: 'traceidratio', arg: 0.25 });
    expect((await failure(MINIMAL, { ...env, OTEL_TRACES_SAMPLER_ARG: '2' })).message).toMatch(
      /^OTEL_TRACES_SAMPLER_ARG: /,
    );
  });

  it('gives each entry its sampler, signals and metrics', async () => {
    const text = `
print_traces: true
discovery:
  instrument:
    - open_ports: 80
      exports: [metrics, logs]
      sampler: { name: traceidratio, arg: 0.5 }
      metrics: { features: [application_span, network] }
    - open_ports: 81
      exports: []`;
    const config = await load(text);
    expect(toBeylaOptions(config).discovery.instrument).toEqual([
      {
        openPorts: '80',
        exports: ['metrics'],
        sampler: { name: 'traceidratio', arg: 0.5 },
        metrics: { features: ['application_span'] },
      },
      { openPorts: '81', exports: [] },
    ]);
    expect(config.warnings.map(({ message }) => message)).toEqual([
      '<text>:8:28: `discovery.instrument[0].metrics.features`: not measured by this version: network; it has application, application_span, application_span_otel, application_span_sizes, application_service_graph',
    ]);
    expect((await failure(text.replace('0.5', '5'))).message).toContain('discovery.instrument[0].sampler.arg');
  });

  it('gives host name, host id and instance id to the services', async () => {
    const text = `${MINIMAL}attributes: { instance_id: { override_hostname: db1 }, host_id: { override: h-7 } }`;
    const { discovery } = toBeylaOptions(await load(text, { BEYLA_INSTANCE_ID: 'one' }));
    expect(discovery.identity).toEqual({ hostName: 'db1', hostId: 'h-7', instanceId: 'one' });
    expect(toBeylaOptions(await load(MINIMAL)).discovery.identity).toEqual({ hostNameFromDns: true });
    const kernels = await load(MINIMAL, { BEYLA_HOSTNAME_DNS_RESOLUTION: 'false' });
    expect(toBeylaOptions(kernels).discovery.identity).toEqual({});
  });

  it('has the log level for diag', async () => {
    expect(diagLogLevel(await load(`${MINIMAL}log_level: debug`))).toBe(DiagLogLevel.DEBUG);
    expect(diagLogLevel(await load(MINIMAL))).toBe(DiagLogLevel.INFO);
  });

  it('does not watch more because a criterion cannot be tested', async () => {
    const text = 'discovery: { services: [{ open_ports: 80, container_name: shop }] }\nprint_traces: true';
    expect((await failure(text)).message).toContain('no process is selected');
    const nothing = 'discovery: { services: [{ containers_only: false }] }\nprint_traces: true';
    expect((await failure(nothing)).message).toContain('`discovery.services[0]` has no criterion');
  });

  it('selects containers only, and takes away what lies in folders of the system', async () => {
    const text = `
noop: true
discovery:
  instrument: [{ open_ports: 80, containers_only: true }, { open_ports: 81, containers_only: false }]
  excluded_linux_system_paths: [/lib/systemd/, "/opt/a+b/"]`;
    const config = await load(text);
    const { instrument, exclude } = toBeylaOptions(config).discovery;
    expect(config.warnings).toEqual([]);
    expect(instrument).toEqual([{ openPorts: '80', containersOnly: true }, { openPorts: '81' }]);
    expect(exclude?.slice(1)).toEqual([{ exePathRegexp: '^/lib/systemd/' }, { exePathRegexp: '^/opt/a\\+b/' }]);
  });

  it('gives what the kernel side can do to the tracer, and leaves the rest to its defaults', async () => {
    const given = `${MINIMAL}ebpf: { batch_length: 100, batch_timeout: 5ms, maps_config: { global_scale_factor: 2 } }`;
    const options = toBeylaOptions(await load(given, { BEYLA_SKIP_GO_SPECIFIC_TRACERS: 'true' }));
    expect(options.tracer).toEqual({
      taps: { goTls: false },
      batchBytes: 66_400,
      drainIntervalMs: 5,
      idleIntervalMs: 5,
      maxConnections: 16_384,
      ringBytes: 16 << 20,
    });
    expect(() => resolveOptions(options)).not.toThrow();
    expect(toBeylaOptions(await load(MINIMAL)).tracer).toEqual({});
    const patient = await load(`${MINIMAL}ebpf: { batch_length: 1, batch_timeout: 1s }`);
    expect(patient.warnings).toEqual([]);
    expect(toBeylaOptions(patient).tracer).toEqual({ batchBytes: 8192, drainIntervalMs: 10, idleIntervalMs: 200 });
    for (const factor of [-3, 3]) {
      const scaled = await load(`${MINIMAL}ebpf: { maps_config: { global_scale_factor: ${factor} } }`);
      expect(() => resolveOptions(toBeylaOptions(scaled))).not.toThrow();
    }
  });

  it('bounds the end by shutdown_timeout, 10 s by default', async () => {
    expect(toBeylaOptions(await load(MINIMAL)).shutdownTimeoutMs).toBe(10_000);
    expect(toBeylaOptions(await load(MINIMAL, { BEYLA_SHUTDOWN_TIMEOUT: '1m' })).shutdownTimeoutMs).toBe(60_000);
  });

  it.each([
    ['ebpf: { track_request_headers: true }', 'ebpf: { track_request_headers: false }'],
    ['ebpf: { bfp_debug: false }', 'ebpf: { bfp_debug: true }'],
    ['ebpf: { context_propagation: disabled }', 'ebpf: { context_propagation: headers }'],
    ['ebpf: { http_request_timeout: 0s }', 'ebpf: { http_request_timeout: 30s }'],
    ['ebpf: { disable_black_box_cp: true }', 'ebpf: { disable_black_box_cp: false }'],
    ['ebpf: { high_request_volume: false }', 'ebpf: { high_request_volume: true }'],
    ['ebpf: { instrument_cuda: auto }', 'ebpf: { instrument_cuda: on }'],
    ['enforce_sys_caps: true', 'enforce_sys_caps: false'],
    ['discovery: { min_process_age: 0s }', 'discovery: { min_process_age: 5s }'],
    [
      'discovery: { exclude_otel_instrumented_services: false }',
      'discovery: { exclude_otel_instrumented_services: true }',
    ],
    ['attributes: { kubernetes: { enable: false } }', 'attributes: { kubernetes: { enable: true } }'],
  ])('does not warn of %j, which is what happens in any case, but of %j', async (quiet, loud) => {
    expect((await load(`${MINIMAL}${quiet}`)).warnings).toEqual([]);
    const { warnings } = await load(`${MINIMAL}${loud}`);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(/^<text>:3:\d+: `[\w.]+`: no effect: .{20}/);
  });

  it('never says of a key only that it is not there', () => {
    for (const [path, { inert }] of leavesOf(SCHEMA)) {
      if (inert !== undefined) expect(inert, path).not.toMatch(/\byet\b|^not (?:there|supported|implemented)/);
    }
  });

  it('orders selections by precedence: process ids alone, then services before instrument', async () => {
    const both = `${MINIMAL}discovery: { services: [{ cmd_args: b }], instrument: [{ exe_path: a }] }`;
    const config = await load(both);
    expect(toBeylaOptions(config).discovery.instrument).toEqual([{ cmdArgsRegexp: 'b' }, { openPorts: '80' }]);
    expect(config.warnings.map(({ path }) => path)).toEqual(['discovery.instrument']);
    const byPid = await load(both, { BEYLA_TARGET_PID: '12,13' });
    expect(toBeylaOptions(byPid).discovery.instrument).toEqual([{ targetPids: [12, 13] }]);
  });

  it('selects everything with system_wide, by a language pattern what it matches, and leaves agents out', async () => {
    expect(toBeylaOptions(await load('system_wide: true\nnoop: true')).discovery.instrument).toEqual([
      { exePath: '*' },
    ]);
    const config = await load('discovery: { instrument: [{ languages: "{go,rust}", target_pids: [7] }] }\nnoop: true');
    const { instrument, exclude } = toBeylaOptions(config).discovery;
    expect(instrument).toEqual([{ languages: ['go', 'rust'], targetPids: [7] }]);
    expect(exclude?.[0]?.exePath).toContain('*/otelcol-contrib');
  });
});

describe('loadConfig() of a file', () => {
  afterEach(() => vi.restoreAllMocks());

  it('takes a path, unless BEYLA_CONFIG_PATH has one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'beyla-config-'));
    try {
      await writeFile(join(folder, 'a.yml'), MINIMAL);
      await writeFile(join(folder, 'b.yml'), 'open_port: 80\nprint_trace: true\n');
      expect((await loadConfig(join(folder, 'a.yml'), {})).open_port).toBe('80');
      const env = { BEYLA_CONFIG_PATH: join(folder, 'b.yml') };
      await expect(loadConfig(join(folder, 'a.yml'), env)).rejects.toThrow(
        `${folder}/b.yml:2:1: unknown key \`print_trace\``,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says why a file cannot be read', async () => {
    await expect(loadConfig('/nowhere/beyla.yml', {})).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
