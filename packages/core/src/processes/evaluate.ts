import type { LanguageDetector } from './language.ts';
import type { ListeningPort } from './listening-port.ts';
import type { ListeningPorts } from './listening-ports.ts';
import type { ReadProcess } from './process-info.ts';
import type { ProcessMatcher, SelectorMatch } from './selector.ts';

/** Anybody may execute a program with any arguments, and each pattern takes its time for every character (0.3 µs). */
const LONGEST_COMMAND_LINE = 32 * 1024;

/** What is said of a process that is to be selected. */
export interface Evaluation {
  readonly match: SelectorMatch;
  /** An entry of `instrument` describes it; otherwise it is selected for what it was, or for its parent. */
  readonly isOwn: boolean;
}

/**
 * Decides about one process; undefined: not selected. `fallback` is the match that it keeps or inherits when no entry describes it;
 * exclusion wins over everything. `told` are ports that an event reported, which procfs may not show yet.
 */
export function evaluate(
  matcher: ProcessMatcher,
  languages: LanguageDetector,
  read: ReadProcess,
  look: ListeningPorts,
  told: readonly ListeningPort[],
  fallback: SelectorMatch | undefined,
): Evaluation | undefined {
  let ports: number[] | undefined;
  const facts = {
    pid: read.pid,
    executable: read.executable,
    commandLine: read.commandLine.join(' ').slice(0, LONGEST_COMMAND_LINE),
    ports: () => {
      ports ??= [...told, ...look.wanted(read.pid)].map(({ port }) => port);
      return ports;
    },
    language: () => languages.ofExecutable(read.pid, read.executable),
    isContained: () => look.isElsewhere(read.pid),
  };
  const own = matcher.match(facts);
  if ((own === undefined && fallback === undefined) || matcher.excludes(facts)) return undefined;
  return { match: { ...fallback, ...own }, isOwn: own !== undefined };
}
