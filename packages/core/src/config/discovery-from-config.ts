import { BeylaError } from '../errors.ts';
import type { DiscoveryOptions, HostIdentity, ProcessSelector } from '../options/options.ts';
import { compileGlob } from '../processes/glob.ts';
import { compileRegexp } from '../processes/regexp.ts';
import type { ConfigValues, GlobSelectorConfig, RegexpSelectorConfig } from './config-values.gen.ts';
import { knownFeatures } from './known-features.ts';
import { UNKNOWABLE_CRITERIA } from './schema/selectors.ts';

/** Told of an entry or key that is left aside, and why. */
export type Notice = (path: string, what: string) => void;

const LANGUAGES = ['go', 'cpp', 'rust', 'python', 'ruby', 'java', 'nodejs', 'dotnet', 'php', 'generic'];
const FASTEST_POLL_MS = 100;
const DEFAULT_POLL_MS = 5000;

/**
 * Selection by Beyla's rules of precedence: process ids alone; else everything; else `services` or `instrument`, with one more entry for
 * `executable_name`, `open_port` and the variables of the automatic target.
 *
 * @throws BeylaError `INVALID_OPTION` where something to be left out cannot be recognised, because then it would be watched.
 */
export function discoveryFromConfig(config: ConfigValues, notice: Notice): DiscoveryOptions {
  const { discovery } = config;
  const byRegexp = discovery.services.length > 0;
  const defaults: readonly Entry[] = byRegexp
    ? globalEntries(discovery.default_exclude_services, 'discovery.default_exclude_services', REGEXP)
    : globalEntries(discovery.default_exclude_instrument, 'discovery.default_exclude_instrument', GLOB);
  const exclude = [
    ...defaults,
    ...globalEntries(discovery.exclude_instrument, 'discovery.exclude_instrument', GLOB),
    ...globalEntries(discovery.exclude_services, 'discovery.exclude_services', REGEXP),
  ];
  const pollMs = discovery.poll_interval;
  return {
    instrument: instrumentOf(config, notice),
    exclude: [
      ...exclude.map(
        (entry) => selectorOf(entry, refuseExclusion) ?? refuseExclusion(entry.path, 'it selects nothing'),
      ),
      ...systemPathsOf(discovery),
    ],
    identity: identityOf(config),
    pollIntervalMs: pollMs === 0 ? DEFAULT_POLL_MS : Math.max(FASTEST_POLL_MS, Math.round(pollMs)),
  };
}

function identityOf({ attributes: { instance_id, host_id } }: ConfigValues): HostIdentity {
  return {
    ...(instance_id.override_hostname === undefined ? {} : { hostName: instance_id.override_hostname }),
    ...(instance_id.override_instance_id === undefined ? {} : { instanceId: instance_id.override_instance_id }),
    ...(instance_id.override_hostname === undefined && instance_id.dns ? { hostNameFromDns: true } : {}),
    ...(host_id.override === undefined ? {} : { hostId: host_id.override }),
  };
}

function instrumentOf(config: ConfigValues, notice: Notice): ProcessSelector[] {
  const { discovery } = config;
  if (config.target_pids !== undefined && config.target_pids.length > 0) {
    return [{ ...namesOf(config), targetPids: config.target_pids }];
  }
  if (config.system_wide || discovery.system_wide) return [{ exePath: '*' }];
  const byRegexp = discovery.services.length > 0;
  if (byRegexp && discovery.instrument.length > 0) {
    notice('discovery.instrument', 'it is not used, because `discovery.services` is');
  }
  const entries = byRegexp
    ? globalEntries(discovery.services, 'discovery.services', REGEXP)
    : globalEntries(discovery.instrument, 'discovery.instrument', GLOB);
  const selectors = entries.flatMap((entry) => selectorOf(entry, notice) ?? []);
  const shortcut = shortcutOf(config);
  if (shortcut !== undefined) selectors.push(shortcut);
  else if (config.service_name !== undefined) {
    notice('service_name', 'it is not used; it names what `executable_name` and `open_port` select');
  }
  return selectors;
}

/** The entry that the keys at the top of the file make. */
function shortcutOf(config: ConfigValues): ProcessSelector | undefined {
  const selector: ProcessSelector = namesOf(config);
  const { exe, language } = config.auto_target;
  if (config.executable_name !== undefined) selector.exePathRegexp = config.executable_name;
  if (config.open_port !== undefined) selector.openPorts = config.open_port;
  if (exe !== undefined) selector.exePath = exe;
  if (language !== undefined) selector.languages = languagesOf(language, GLOB, 'auto_target.language');
  const { exePath, exePathRegexp, openPorts, languages } = selector;
  return (exePath ?? exePathRegexp ?? openPorts ?? languages) ? selector : undefined;
}

function namesOf({ service_name, service_namespace }: ConfigValues): ProcessSelector {
  return {
    ...(service_name === undefined ? {} : { name: service_name }),
    ...(service_namespace === undefined ? {} : { namespace: service_namespace }),
  };
}

interface Dialect {
  readonly isRegexp: boolean;
  readonly compile: (pattern: string, path: string) => (text: string) => boolean;
}
const GLOB: Dialect = { isRegexp: false, compile: compileGlob };
const REGEXP: Dialect = { isRegexp: true, compile: compileRegexp };

interface Entry {
  readonly given: GlobSelectorConfig & RegexpSelectorConfig;
  readonly path: string;
  readonly dialect: Dialect;
}

function globalEntries(
  entries: readonly (GlobSelectorConfig | RegexpSelectorConfig)[],
  path: string,
  dialect: Dialect,
): Entry[] {
  return entries.map((given, index) => ({ given, path: `${path}[${index}]`, dialect }));
}

/** An entry as core takes it; undefined where it has a criterion that nothing can meet. */
function selectorOf({ given, path, dialect }: Entry, notice: Notice): ProcessSelector | undefined {
  const unknowable = Object.keys(UNKNOWABLE_CRITERIA).find((key) => key in given);
  if (unknowable !== undefined) {
    notice(path, `\`${unknowable}\` cannot be tested (${UNKNOWABLE_CRITERIA[unknowable]}), so the entry has no effect`);
    return undefined;
  }
  const selector: ProcessSelector = {};
  if (given.name !== undefined) selector.name = given.name;
  if (given.namespace !== undefined) selector.namespace = given.namespace;
  if (given.open_ports !== undefined) selector.openPorts = given.open_ports;
  if (given.containers_only === true) selector.containersOnly = true;
  if (given.target_pids !== undefined) selector.targetPids = given.target_pids;
  if (given.languages !== undefined) selector.languages = languagesOf(given.languages, dialect, `${path}.languages`);
  if (given.routes !== undefined) selector.routes = given.routes;
  if (given.sampler?.name !== undefined || given.sampler?.arg !== undefined) selector.sampler = given.sampler;
  if (given.exports !== undefined) selector.exports = given.exports.filter((signal) => signal !== 'logs');
  if (given.metrics?.features !== undefined) selector.metrics = { features: knownFeatures(given.metrics.features) };
  const { exe_path, exe_path_regexp, cmd_args } = given;
  if (exe_path !== undefined && exe_path_regexp !== undefined) {
    return refuse(path, '`exe_path` and `exe_path_regexp` are the same thing', 'Remove one of them.');
  }
  const regexp = dialect.isRegexp ? (exe_path_regexp ?? exe_path) : undefined;
  if (regexp !== undefined) selector.exePathRegexp = regexp;
  if (!dialect.isRegexp && exe_path !== undefined) selector.exePath = exe_path;
  if (cmd_args !== undefined) {
    if (dialect.isRegexp) selector.cmdArgsRegexp = cmd_args;
    else selector.cmdArgs = cmd_args;
  }
  return selector;
}

function languagesOf(pattern: string, dialect: Dialect, path: string): string[] {
  const matches = dialect.compile(pattern, path);
  const languages = LANGUAGES.filter(matches);
  return languages.length > 0
    ? languages
    : refuse(path, 'no language matches', `Use a pattern that matches one of ${LANGUAGES.join(', ')}.`);
}

const EXCLUSION_CURE =
  'Take away by `exe_path`, `cmd_args`, `open_ports`, `languages` or `target_pids` instead; without the entry those processes would be watched.';

function refuseExclusion(path: string, why: string): never {
  return refuse(path, why, EXCLUSION_CURE);
}

function refuse(path: string, why: string, cure?: string): never {
  throw new BeylaError('INVALID_OPTION', `\`${path}\`: ${why}`, cure === undefined ? {} : { cure });
}

/** Beginnings of paths, as expressions that are found there. */
function systemPathsOf({ excluded_linux_system_paths: paths = [] }: ConfigValues['discovery']): ProcessSelector[] {
  return paths.map((path) => ({ exePathRegexp: `^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}` }));
}
