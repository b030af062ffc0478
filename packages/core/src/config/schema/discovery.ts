import { boolean, duration, glob, integer, listOf, text } from '../kinds.ts';
import { inert, inertDuration, neverFlag } from './inert.ts';
import { leaf, type Section, section, sectionList } from './node.ts';
import { globSelector, regexpSelector } from './selectors.ts';

/** Telemetry agents, which would otherwise report on themselves. */
const AGENTS = ['beyla', 'alloy', 'prometheus-config-reloader', 'ebpf-instrument', 'obi', 'otelcol', 'otelcol-contrib'];

const FROM_START = 'processes are watched from their start, so that their first requests are not missed';
const EXPORT_THEMSELVES =
  'programs that export telemetry themselves are reported like all others; leave them out with `exclude_instrument`';
const NO_HARVEST = 'routes are not read out of programs; give them in `routes.patterns` or the `routes` of an entry';

export const discovery: Section = section('Which processes are watched.', {
  instrument: sectionList('Entries with globs, ORed. Not used beside `services`.', globSelector),
  exclude_instrument: sectionList('Entries with globs that take away; a match here always wins.', globSelector),
  services: sectionList('Entries with regular expressions, ORed.', regexpSelector),
  exclude_services: sectionList('Entries with regular expressions that take away.', regexpSelector),
  default_exclude_instrument: sectionList(
    'Taken away beside `exclude_instrument`, unless `services` is used.',
    globSelector,
    {
      default: [{ exe_path: `{${AGENTS.map((name) => `*/${name}`).join(',')}}` }],
    },
  ),
  default_exclude_services: sectionList(
    'Taken away beside `exclude_services`, if `services` is used.',
    regexpSelector,
    {
      default: [{ exe_path: `/(${AGENTS.join('|')})$` }],
    },
  ),
  survey: sectionList('Entries that are only counted.', globSelector, {
    inert:
      'what is not to be reported is not looked at; use `instrument` with `exports: []` to have it in `beyla.processes` alone',
  }),
  system_wide: leaf(...systemWide()),
  poll_interval: leaf(duration(), 'How often /proc is compared, beside events; 0 is the default.', {
    env: 'BEYLA_DISCOVERY_POLL_INTERVAL',
    default: 5000,
    caveat: (valueMs) => (valueMs > 0 && valueMs < 100 ? 'processes are compared every 100ms at most' : undefined),
    limits: 'at least `100ms`',
  }),
  bpf_pid_filter_off: neverFlag(
    'Turns the filter by process in the kernel off.',
    'nothing of a process that was not selected leaves the kernel; select more processes instead',
    'BEYLA_BPF_PID_FILTER_OFF',
  ),
  skip_go_specific_tracers: leaf(...skipGo()),
  min_process_age: leaf(duration(), 'Younger processes wait.', {
    env: 'BEYLA_MIN_PROCESS_AGE',
    caveat: (valueMs) => (valueMs > 0 ? `no effect: ${FROM_START}` : undefined),
    limits: `more than \`0s\` has no effect: ${FROM_START}`,
  }),
  process_context_poll_interval: inertDuration(
    'How often OTEL_CTX is read.',
    'what a program shares of its resource in memory is not read; its `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` are',
    'BEYLA_PROCESS_CONTEXT_POLL_INTERVAL',
  ),
  exclude_otel_instrumented_services: neverFlag(
    'Leaves out programs that export telemetry themselves.',
    EXPORT_THEMSELVES,
    'BEYLA_EXCLUDE_OTEL_INSTRUMENTED_SERVICES',
  ),
  exclude_otel_instrumented_services_span_metrics: neverFlag(
    'As above, for span metrics.',
    EXPORT_THEMSELVES,
    'BEYLA_EXCLUDE_OTEL_INSTRUMENTED_SERVICES_SPAN_METRICS',
  ),
  default_otlp_grpc_port: inert(
    integer(1, 65_535),
    'Port by which OTLP is recognised.',
    EXPORT_THEMSELVES,
    'BEYLA_DEFAULT_OTLP_GRPC_PORT',
  ),
  route_harvester_timeout: inertDuration(
    'Longest search for routes in a program.',
    NO_HARVEST,
    'BEYLA_ROUTE_HARVESTER_TIMEOUT',
  ),
  disabled_route_harvesters: inert(
    listOf(text),
    'Languages whose programs are not searched for routes.',
    `no program is searched: ${NO_HARVEST}`,
  ),
  route_harvester_advanced: section('More on the search for routes.', {
    java_harvest_delay: inertDuration(
      'How long Java programs may start.',
      NO_HARVEST,
      'BEYLA_JAVA_ROUTE_HARVEST_DELAY',
    ),
  }),
  excluded_linux_system_paths: leaf(listOf(text), 'Beginnings of paths of executables that are left out.'),
});

/** In the documentation of 1.0 it stands at the top, in its code under `discovery`. */
export function systemWide(env?: string): Parameters<typeof leaf<boolean>> {
  return [
    boolean,
    'All processes of the machine; excludes every other selection.',
    { default: false, ...(env ? { env } : {}) },
  ];
}

/** Named by variables only. */
export const autoTarget: Section = section('Selection by variables alone.', {
  exe: leaf(glob, 'Glob on the path of the executable.', {
    env: ['BEYLA_AUTO_TARGET_EXE', 'OTEL_GO_AUTO_TARGET_EXE'],
    envOnly: true,
  }),
  language: leaf(glob, 'Glob on the language.', { env: 'BEYLA_AUTO_TARGET_LANGUAGE', envOnly: true }),
});

/** Beyla has it at the top (1.0) and under `discovery` (today). */
export function skipGo(): Parameters<typeof leaf<boolean>> {
  return [
    boolean,
    'Treats Go programs as all others: nothing is probed inside of them, so their HTTPS is not seen.',
    { default: false, env: 'BEYLA_SKIP_GO_SPECIFIC_TRACERS' },
  ];
}
