import { BeylaError } from '../errors.ts';
import type { ConfigValues, FilterConditionConfig } from './config-values.gen.ts';
import { discoveryFromConfig } from './discovery-from-config.ts';
import { type ConfigSource, placeOf } from './given.ts';
import type { ConfigReader } from './read-config.ts';
import { wantedExporters } from './wanted-exporters.ts';

const SELECT_CURE =
  'Set one of `open_port` (BEYLA_OPEN_PORT), `executable_name` (BEYLA_EXECUTABLE_NAME), `discovery.instrument`, `discovery.services`, `target_pids`.';
const EXPORT_CURE =
  'Set one of `print_traces: true` (BEYLA_PRINT_TRACES), `prometheus_export.port` (BEYLA_PROMETHEUS_PORT), `otel_traces_export.endpoint`, `otel_metrics_export.endpoint` (OTEL_EXPORTER_OTLP_ENDPOINT).';
const CONDITION_CURE =
  'Give it `match` or `not_match` with a glob, or `equals`, `not_equals`, `greater_than`, `greater_equals`, `less_than`, `less_equals` with numbers.';
const LABELS = new Set(['name', 'namespace', 'exports', 'sampler', 'routes', 'metrics']);

/**
 * The rules that concern more than one key. Adds to the reader's warnings.
 *
 * @throws BeylaError `INVALID_OPTION` with place and cure.
 */
export function validateConfig(config: ConfigValues, reader: ConfigReader, file: ConfigSource): void {
  const place = (path: string): string => placeOf(sourceNear(reader, path, file));
  const fail = (path: string, message: string, cure?: string): never => {
    throw new BeylaError('INVALID_OPTION', `${place(path)}: ${message}`, cure === undefined ? {} : { cure });
  };
  checkEntries(config, fail);
  checkSystemWide(config, fail);
  checkSelection(config, reader, file, fail);
  checkFilters(config, fail);
  checkQueue(config, fail);
  checkPorts(config, fail);
  const isExported = wantedExporters(config).some(({ kind }) => kind !== 'health-check');
  if (!isExported && !config.noop) fail('', 'nothing is exported', EXPORT_CURE);
}

type Fail = (path: string, message: string, cure?: string) => never;

/** What was given for the key, or for the nearest thing around it. */
function sourceNear(reader: ConfigReader, path: string, file: ConfigSource): ConfigSource {
  for (let at = path; at !== ''; at = at.replace(/(?:^|\.)[^.[]+$|\[\d+\]$/, '')) {
    const source = reader.sources.get(at);
    if (source !== undefined) return source;
  }
  return file;
}

function checkEntries({ discovery }: ConfigValues, fail: Fail): void {
  const lists = {
    instrument: discovery.instrument,
    exclude_instrument: discovery.exclude_instrument,
    services: discovery.services,
    exclude_services: discovery.exclude_services,
    default_exclude_instrument: discovery.default_exclude_instrument,
    default_exclude_services: discovery.default_exclude_services,
  };
  for (const [key, entries] of Object.entries(lists)) {
    entries.forEach((entry, index) => {
      // Not only containers: any process.
      const criteria = Object.keys(entry).filter((key) => key !== 'containers_only' || entry.containers_only);
      if (criteria.some((criterion) => !LABELS.has(criterion))) return;
      const path = `discovery.${key}[${index}]`;
      fail(
        path,
        `\`${path}\` has no criterion`,
        'Give it `open_ports`, `exe_path`, `cmd_args`, `languages`, `target_pids` or `containers_only: true`.',
      );
    });
  }
}

function checkSystemWide(config: ConfigValues, fail: Fail): void {
  const path = config.system_wide ? 'system_wide' : 'discovery.system_wide';
  if (!config.system_wide && !config.discovery.system_wide) return;
  const { executable_name, open_port, target_pids, auto_target, discovery } = config;
  const others = { executable_name, open_port, target_pids, 'auto_target.exe': auto_target.exe };
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  const list = discovery.services.length > 0 ? 'discovery.services' : 'discovery.instrument';
  const conflict = other ?? (discovery.services.length + discovery.instrument.length > 0 ? list : undefined);
  if (conflict !== undefined) fail(path, `\`${path}\` excludes \`${conflict}\``, 'Remove one of them.');
}

function checkSelection(config: ConfigValues, reader: ConfigReader, file: ConfigSource, fail: Fail): void {
  try {
    const { instrument } = discoveryFromConfig(config, (path, what) =>
      reader.warn(path, sourceNear(reader, path, file), what),
    );
    if (instrument.length === 0) fail('discovery', 'no process is selected', SELECT_CURE);
  } catch (error) {
    const path = error instanceof BeylaError ? /^`([^`]+)`: /.exec(error.message)?.[1] : undefined;
    if (!(error instanceof BeylaError) || path === undefined) throw error;
    fail(path, error.message.slice(0, -(error.cure.length + 2)), error.cure);
  }
}

function checkFilters({ filter }: ConfigValues, fail: Fail): void {
  for (const [part, conditions] of Object.entries(filter) as [string, Record<string, FilterConditionConfig>][]) {
    for (const [attribute, condition] of Object.entries(conditions)) {
      const path = `filter.${part}.${attribute}`;
      const keys = Object.keys(condition);
      const globs = keys.filter((key) => key.endsWith('match'));
      if (keys.length === 0) fail(path, `\`${path}\` has no condition`, CONDITION_CURE);
      if (globs.length === 2) fail(path, `\`${path}\` has both \`match\` and \`not_match\``, 'Remove one of them.');
      if (globs.length > 0 && keys.length > globs.length)
        fail(path, `\`${path}\` mixes globs and numbers`, CONDITION_CURE);
    }
  }
}

function checkQueue({ otel_traces_export: traces }: ConfigValues, fail: Fail): void {
  const { queue_size: queue, batch_max_size: batch } = traces;
  if (queue === undefined || queue === 0 || batch === undefined || queue >= 2 * batch) return;
  const path = 'otel_traces_export.queue_size';
  fail(path, `\`${path}\` is ${queue}; expected at least two batches of ${batch}, or 0`);
}

function checkPorts({ prometheus_export: own, internal_metrics: internal }: ConfigValues, fail: Fail): void {
  const path = 'internal_metrics.prometheus.path';
  const { port, path: page } = internal.prometheus;
  if (port > 0 && internal.exporter === 'otel') {
    fail(
      'internal_metrics.exporter',
      '`internal_metrics.exporter` is `otel`, but `internal_metrics.prometheus.port` is set',
      'Remove one of them: internal metrics have one exporter.',
    );
  }
  if (port > 0 && port === own.port && page === own.path) {
    fail(path, `\`${path}\` is that of \`prometheus_export\` on the same port; expected another one`);
  }
  if (!page.startsWith('/')) fail(path, `\`${path}\` must begin with a slash`);
  if (!own.path.startsWith('/')) fail('prometheus_export.path', '`prometheus_export.path` must begin with a slash');
}
