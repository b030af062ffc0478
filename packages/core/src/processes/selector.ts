import { basename } from 'node:path';
import { BeylaError } from '../errors.ts';
import type { DiscoveryOptions, ProcessSelector } from '../options/options.ts';
import { compileGlob } from './glob.ts';
import { type PortList, parsePortList } from './port-list.ts';
import type { Language } from './process.ts';
import type { ExecutableDecision } from './process-sink.ts';
import { compileRegexp } from './regexp.ts';

/** What selection may look at. Ports and language are read only when an entry gets as far as asking for them. */
export interface ProcessFacts {
  readonly pid: number;
  readonly executable: string;
  /** Arguments joined by one space. */
  readonly commandLine: string;
  ports(): readonly number[];
  language(): Language;
  /** Has a network namespace of its own, as containers usually do; undefined: it may not be looked at. */
  isContained(): boolean | undefined;
}

/** What the entries that matched say of the process. */
export type SelectorMatch = Readonly<Pick<ProcessSelector, (typeof LABELS)[number]>>;

/** What follows from the executable of a process. */
export interface ExecutableMatch extends Pick<ExecutableDecision, 'isByPort' | 'isUnwanted'> {
  /** A process that executes it is selected, with these labels at least. */
  readonly match: SelectorMatch | undefined;
}

/** The compiled form of `instrument` and `exclude`. */
export interface ProcessMatcher {
  /** The process is described by an entry of `instrument`; exclusion is a separate question. */
  match(facts: ProcessFacts): SelectorMatch | undefined;
  /** The process is described by an entry of `exclude`. */
  excludes(facts: ProcessFacts): boolean;
  /** Some entry has this port among its criteria. */
  wantsPort(port: number): boolean;
  /** Every entry of `instrument` names process ids: only these can be selected by themselves. Undefined: any process may be. */
  readonly onlyPids: ReadonlySet<number> | undefined;
  /** Some entry has ports among its criteria. */
  readonly usesPorts: boolean;
  decide(executable: string): ExecutableMatch;
  /** Some entry selects by the executable alone. */
  readonly selectsByExecutable: boolean;
  /** The paths that entries of that kind name in full. */
  readonly namedExecutables: readonly string[];
  /** Ports that select by themselves. */
  readonly selectingPorts: readonly (readonly [low: number, high: number])[];
  readonly excludesNothing: boolean;
}

/** The keys of a selector that only label. */
export const LABELS = ['name', 'namespace', 'routes', 'sampler', 'exports', 'metrics'] as const;

/** The keys of a selector that decide. */
export const CRITERIA: readonly (keyof ProcessSelector)[] = [
  'openPorts',
  'exePath',
  'exePathRegexp',
  'cmdArgs',
  'cmdArgsRegexp',
  'targetPids',
  'languages',
  'containersOnly',
];

/** What makes a glob more than a path. */
const WILDCARD = /[*?[{\\]/;

/**
 * Programs that hold listening sockets for others: a port alone never selects them. Without this, `openPorts: 22` on a host with
 * socket activation would select init and, because children inherit, everything it ever starts.
 */
const PORT_HOLDERS = new Set(['systemd', 'init', 'docker-proxy', 'rootlessport']);

interface CompiledSelector {
  readonly selector: ProcessSelector;
  readonly ports: PortList | undefined;
  accepts(facts: ProcessFacts): boolean;
  /** Its criteria of the executable are met, if it has any. */
  acceptsExecutable(executable: string): boolean;
  /** It has no other criteria than those of the executable. */
  readonly isByExecutable: boolean;
  /** It has no other criterion than the ports. */
  readonly isByPort: boolean;
}

/**
 * Compiles selectors with Beyla's semantics: the criteria of an entry are ANDed, the entries are ORed, and where several entries
 * match, a later one overrides the labels (name, namespace, routes, sampler, exports, metrics) that an earlier one gave.
 *
 * @throws BeylaError `INVALID_OPTION`, `INVALID_PORT_RANGE` or `INVALID_PATTERN`, each with the path of the option.
 */
export function compileSelectors(
  options: Pick<DiscoveryOptions, 'instrument' | 'exclude'>,
  path: string = 'discovery',
): ProcessMatcher {
  const instrument = options.instrument.map((entry, i) => compileSelector(entry, `${path}.instrument[${i}]`));
  const exclude = (options.exclude ?? []).map((entry, i) => compileSelector(entry, `${path}.exclude[${i}]`));
  const portLists = [...instrument, ...exclude].flatMap(({ ports }) => (ports === undefined ? [] : [ports]));
  return {
    match(facts) {
      let matched = false;
      let labels: SelectorMatch = {};
      for (const entry of instrument) {
        if (!entry.accepts(facts)) continue;
        matched = true;
        labels = { ...labels, ...labelsOf(entry.selector) };
      }
      return matched ? labels : undefined;
    },
    excludes: (facts) => exclude.some((entry) => entry.accepts(facts)),
    wantsPort: (port) => portLists.some((list) => list.has(port)),
    onlyPids: onlyPidsOf(options.instrument),
    usesPorts: portLists.length > 0,
    decide: (executable) => decide(executable, instrument, exclude),
    selectsByExecutable: instrument.some(({ isByExecutable }) => isByExecutable),
    namedExecutables: instrument.flatMap(({ isByExecutable, selector: { exePath } }) =>
      isByExecutable && exePath !== undefined && !WILDCARD.test(exePath) ? [exePath] : [],
    ),
    selectingPorts: instrument.flatMap(({ isByPort, ports }) => (isByPort ? (ports?.ranges ?? []) : [])),
    excludesNothing: exclude.length === 0,
  };
}

function decide(
  executable: string,
  instrument: readonly CompiledSelector[],
  exclude: readonly CompiledSelector[],
): ExecutableMatch {
  const exclusions = exclude.filter((entry) => entry.acceptsExecutable(executable));
  if (exclusions.some(({ isByExecutable }) => isByExecutable))
    return { match: undefined, isByPort: false, isUnwanted: true };
  const entries = instrument.filter((entry) => entry.acceptsExecutable(executable));
  if (entries.length === 0 || exclusions.length > 0)
    return { match: undefined, isByPort: false, isUnwanted: entries.length === 0 };
  const certain = entries.filter(({ isByExecutable }) => isByExecutable);
  return {
    match: certain.length === 0 ? undefined : Object.assign({}, ...certain.map(({ selector }) => labelsOf(selector))),
    isByPort: entries.some(({ isByPort }) => isByPort) && !PORT_HOLDERS.has(basename(executable)),
    isUnwanted: false,
  };
}

function onlyPidsOf(instrument: readonly ProcessSelector[]): ReadonlySet<number> | undefined {
  const pids = new Set<number>();
  for (const { targetPids } of instrument) {
    if (targetPids === undefined) return undefined;
    for (const pid of targetPids) pids.add(pid);
  }
  return pids;
}

/** The labels that are given. */
export function labelsOf(labels: SelectorMatch): SelectorMatch {
  return Object.fromEntries(
    LABELS.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]] as const])),
  ) as SelectorMatch;
}

/** Whether both say the same. */
export function isSameMatch(left: SelectorMatch, right: SelectorMatch): boolean {
  return LABELS.every((key) => left[key] === right[key]);
}

/** Compiles one entry; see `compileSelectors`. Cheap criteria are tested first. */
export function compileSelector(selector: ProcessSelector, path: string): CompiledSelector {
  const given = CRITERIA.filter((key) => selector[key] !== undefined);
  if (given.length === 0) {
    throw new BeylaError(
      'INVALID_OPTION',
      `\`${path}\` has no criterion; expected at least one of ${CRITERIA.join(', ')}`,
    );
  }
  const tests: ((facts: ProcessFacts) => boolean)[] = [];
  const executableTests: ((executable: string) => boolean)[] = [];
  if (selector.targetPids !== undefined) {
    const pids = new Set(selector.targetPids);
    tests.push((facts) => pids.has(facts.pid));
  }
  if (selector.exePath !== undefined) {
    const glob = compileGlob(selector.exePath, `${path}.exePath`);
    executableTests.push(glob);
  }
  if (selector.exePathRegexp !== undefined) {
    const regexp = compileRegexp(selector.exePathRegexp, `${path}.exePathRegexp`);
    executableTests.push(regexp);
  }
  if (selector.cmdArgs !== undefined) {
    const glob = compileGlob(selector.cmdArgs, `${path}.cmdArgs`);
    tests.push((facts) => glob(facts.commandLine));
  }
  if (selector.cmdArgsRegexp !== undefined) {
    const regexp = compileRegexp(selector.cmdArgsRegexp, `${path}.cmdArgsRegexp`);
    tests.push((facts) => regexp(facts.commandLine));
  }
  let ports: PortList | undefined;
  if (selector.openPorts !== undefined) {
    const list = parsePortList(selector.openPorts, `${path}.openPorts`);
    const byPortAlone = given.length === 1;
    ports = list;
    tests.push((facts) => {
      if (byPortAlone && PORT_HOLDERS.has(basename(facts.executable))) return false;
      return facts.ports().some((port) => list.has(port));
    });
  }
  if (selector.languages !== undefined) {
    const languages = new Set<string>(selector.languages);
    tests.push((facts) => languages.has(facts.language()));
  }
  if (selector.containersOnly === true) tests.push((facts) => facts.isContained() === true);
  const acceptsExecutable = (executable: string): boolean => executableTests.every((test) => test(executable));
  return {
    selector,
    ports,
    accepts: (facts) => acceptsExecutable(facts.executable) && tests.every((test) => test(facts)),
    acceptsExecutable,
    isByExecutable: given.every((key) => key === 'exePath' || key === 'exePathRegexp'),
    isByPort: given.length === 1 && ports !== undefined,
  };
}
