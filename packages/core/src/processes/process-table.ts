import { diag } from '@opentelemetry/api';
import type { HostIdentity } from '../options/options.ts';
import { DepartedProcesses } from './departed-processes.ts';
import { readResourceEnvironment } from './environment.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { ExecutableId, Executables } from './executables.ts';
import type { LanguageDetector } from './language.ts';
import type { ListeningPort } from './listening-port.ts';
import type { ListeningPorts } from './listening-ports.ts';
import { PendingProcesses } from './pending-processes.ts';
import type { ProcessInfo } from './process.ts';
import {
  createProcessInfo,
  forkProcessInfo,
  goneProcessInfo,
  isSameProgram,
  type ProgramFacts,
  type ReadProcess,
  unselectedProcessInfo,
} from './process-info.ts';
import type { ProcessSink } from './process-sink.ts';
import type { ProcFs, ProcStat } from './procfs.ts';
import { programServiceName } from './program-service-name.ts';
import { SelectedPorts } from './selected-ports.ts';
import { isSameMatch, type ProcessMatcher, type SelectorMatch } from './selector.ts';

/** A selected process. */
export interface Selection {
  readonly process: ProcessInfo;
  readonly match: SelectorMatch;
  /** Selected as a child; it stays selected whatever it executes, unless it is excluded. */
  readonly isInherited: boolean;
  readonly ports: SelectedPorts;
  /** It is described as its parent, since it was forked off. */
  readonly isForked: boolean;
  /** `started` has been told. */
  isAnnounced: boolean;
}

/** All that is kept of a process; of one that is not selected, nothing that could tell what it is doing. */
interface Known {
  readonly startTicks: number;
  readonly name: string;
  /** What the kernel called the file that it executes. */
  readonly executable: ExecutableId | undefined;
  /** See `ListeningPorts.wantedKey`. */
  readonly portsKey: string | undefined;
  readonly selection: Selection | undefined;
}

/** Why a process is looked at. */
export interface Reason {
  readonly executed?: boolean;
  /** What the kernel called the file that it executed. */
  readonly executable?: ExecutableId | undefined;
  readonly followed?: boolean;
  readonly ports?: readonly ListeningPort[];
}

/** All that is known of a process which the kernel has selected at its exec. */
export interface PendingProgram {
  readonly executable: string;
  readonly match: SelectorMatch;
}

/** What the table needs of its surroundings. */
export interface ProcessTableParts {
  readonly proc: ProcFs;
  readonly matcher: ProcessMatcher;
  readonly languages: LanguageDetector;
  readonly executables: Executables;
  readonly sink: ProcessSink;
  readonly identity: () => HostIdentity;
  /** Process id that is never selected; undefined when all may be. */
  readonly ownPid: number | undefined;
  readonly onStarted: (process: ProcessInfo) => void;
  readonly onEnded: (process: ProcessInfo) => void;
}

/** Forks of forks, without an exec between. */
const MOST_GENERATIONS = 16;
/** Start of a process of which nothing could be read when it became known. */
const UNREAD = 0;
/** A key that no look has. */
const FORGOTTEN = 'forgotten';

/** Decides which processes are selected, and remembers just enough to decide again only when something has changed. */
export class ProcessTable {
  readonly #parts: ProcessTableParts;
  readonly #known = new Map<number, Known>();
  readonly #selected = new Map<number, Selection>();
  readonly #children = new PendingProcesses<Selection>();
  readonly #programs = new PendingProcesses<PendingProgram>();
  readonly #departed = new DepartedProcesses();
  /** Processes that were matched against the selectors. */
  examined = 0;
  /** Milliseconds that calls of the sink have taken. */
  sinkMs = 0;
  /** See `ResourceEnvironment.refused`. */
  attributesRefused = 0;
  /** Calls of the sink that threw. */
  sinkFailures = 0;

  constructor(parts: ProcessTableParts) {
    this.#parts = parts;
  }

  get selected(): ReadonlyMap<number, Selection> {
    return this.#selected;
  }

  pids(): IterableIterator<number> {
    return this.#known.keys();
  }

  /** See `Discovery.processOf`. */
  processOf(pid: number): ProcessInfo | undefined {
    const selection = this.#selected.get(pid) ?? this.#adopt(pid);
    if (selection === undefined) return this.#goneProgram(pid) ?? this.#departed.get(pid);
    this.#announce(selection);
    return selection.process;
  }

  /**
   * Looks at a process and acts on what has changed. Returns true when it was selected just now by its own doing, in which case it
   * may have children that the kernel does not follow.
   */
  examine(
    pid: number,
    look: ListeningPorts,
    reason: Reason = {},
    stat: ProcStat | undefined = this.#parts.proc.stat(pid),
  ): boolean {
    if (stat === undefined || stat.isDead) {
      if (stat !== undefined || !this.#parts.proc.isThere(pid)) this.end(pid);
      return false;
    }
    if (stat.isKernelThread || pid === this.#parts.ownPid) return false;
    let known = this.#known.get(pid);
    if (known !== undefined && known.startTicks !== UNREAD && known.startTicks !== stat.startTicks) {
      this.end(pid);
      known = undefined;
    }
    const selection = known?.selection ?? this.#adopt(pid, stat);
    if (selection !== undefined) return this.#reexamine(pid, stat, selection, look, reason);
    const { failed } = this.#parts.proc;
    const portsKey = this.#parts.matcher.usesPorts ? look.wantedKey(pid) : undefined;
    const isUnchanged =
      known !== undefined &&
      reason.executed !== true &&
      reason.followed !== true &&
      (reason.ports ?? []).length === 0 &&
      known.name === stat.name &&
      known.portsKey === portsKey &&
      !this.#selected.has(stat.parent);
    if (isUnchanged) return false;
    const read = this.#read(pid, stat);
    const evaluation = this.#evaluate(read, look, reason, this.#selected.get(stat.parent)?.match);
    // Half of the truth is no reason to decide; it is looked at again.
    if (this.#parts.proc.failed > failed) return false;
    if (evaluation === undefined) {
      const executable = reason.executable ?? known?.executable;
      const { startTicks, name } = stat;
      this.#known.set(pid, { startTicks, name, executable, portsKey, selection: undefined });
      this.#programs.delete(pid);
      if (reason.followed === true) {
        this.#call(() => this.#parts.sink.deselect(unselectedProcessInfo(read)));
        if (reason.executable !== undefined) this.#parts.executables.distrust(reason.executable);
      }
      return false;
    }
    if (evaluation.isOwn) this.#parts.executables.seen(pid, read.executable);
    this.#select(stat, read, evaluation.match, !evaluation.isOwn, look, reason);
    return evaluation.isOwn;
  }

  /** Selected, or the child of a selected process that nothing else is known of yet. */
  isFollowed(pid: number): boolean {
    return this.#selected.has(pid) || this.#children.get(pid) !== undefined;
  }

  /** What the kernel called the file that a process executes which is not selected. */
  executableOf(pid: number): ExecutableId | undefined {
    return this.#known.get(pid)?.executable;
  }

  /** The kernel follows this process since it has executed a file, of which nothing more is known yet. */
  executed(pid: number, program: PendingProgram): void {
    this.#programs.add(pid, program);
    this.#programs.expire(pid);
  }

  /** The kernel follows `child` because it follows `parent`. False when the parent is not known here. */
  fork(parent: number, child: number): boolean {
    const selection = this.#selected.get(parent) ?? this.#children.get(parent);
    if (selection === undefined || child === this.#parts.ownPid) return false;
    const known = this.#known.get(child);
    if (known !== undefined) {
      // Either a scan was faster than this record, or the id is a reused one whose earlier end went unnoticed.
      if (this.#parts.proc.stat(child)?.startTicks !== known.startTicks) this.end(child);
      else if (known.selection !== undefined) return true;
      this.#known.delete(child);
    }
    this.#children.add(child, selection);
    return true;
  }

  /** A selected process listens on one more port. */
  addPort(pid: number, port: ListeningPort): void {
    let selection = this.#selected.get(pid);
    // A child that listens is worth an entry of its own; what one has left behind that is gone already, the sink sweeps out.
    if (selection === undefined && this.#children.get(pid) !== undefined) {
      const stat = this.#parts.proc.stat(pid);
      if (stat !== undefined && !stat.isDead) selection = this.#adopt(pid, stat);
    }
    if (selection?.ports.add(port) === true) this.#call(() => this.#parts.sink.addPort(selection.process, port));
  }

  /** Looks into all descriptors again at the next comparison: somebody else may hold a socket that listens. */
  forgetPorts(): void {
    for (const [pid, known] of this.#known)
      if (known.selection === undefined) this.#known.set(pid, { ...known, portsKey: FORGOTTEN });
  }

  /** The process is gone. */
  end(pid: number): void {
    this.#children.expire(pid);
    const selection = this.#selected.get(pid);
    this.#known.delete(pid);
    if (selection !== undefined) this.#deselect(pid, selection);
  }

  /** Forgets what was kept for late spans only. */
  sweep(nowMs: number): void {
    this.#children.sweep(nowMs);
    this.#programs.sweep(nowMs);
    this.#departed.sweep(nowMs);
  }

  /** Tells the sink to follow nothing any more; nothing has ended. */
  release(): void {
    for (const { process } of this.#selected.values()) this.#call(() => this.#parts.sink.deselect(process));
    this.#selected.clear();
    this.#known.clear();
  }

  #reexamine(pid: number, stat: ProcStat, selection: Selection, look: ListeningPorts, reason: Reason): boolean {
    for (const port of reason.ports ?? []) this.addPort(pid, port);
    const { failed } = this.#parts.proc;
    const executable = this.#parts.proc.executable(pid);
    const hasNewProgram =
      reason.executed === true || (executable !== undefined && executable !== selection.process.executable);
    const added = hasNewProgram ? [] : this.#refreshPorts(selection, look);
    const { matcher } = this.#parts;
    if (!hasNewProgram && ![...added, ...(reason.ports ?? [])].some(({ port }) => matcher.wantsPort(port))) {
      this.#announce(selection);
      return false;
    }
    const read = this.#read(pid, stat);
    const keeps = selection.isInherited || !hasNewProgram ? selection.match : undefined;
    const evaluation = this.#evaluate(read, look, reason, this.#selected.get(stat.parent)?.match ?? keeps);
    if (this.#parts.proc.failed > failed) return false;
    if (evaluation === undefined) {
      this.#deselect(pid, selection);
      const portsKey = matcher.usesPorts ? look.wantedKey(pid) : undefined;
      const { startTicks, name } = stat;
      this.#known.set(pid, { startTicks, name, executable: reason.executable, portsKey, selection: undefined });
      return false;
    }
    const isAsBefore = !hasNewProgram || (!selection.isForked && isSameProgram(read, selection.process));
    if (isSameMatch(evaluation.match, selection.match) && isAsBefore) {
      this.#announce(selection);
      this.#refreshPorts(selection, look);
      return false;
    }
    if (selection.isAnnounced) this.#parts.onEnded(selection.process);
    const isInherited = !evaluation.isOwn && (hasNewProgram || selection.isInherited);
    this.#select(stat, read, evaluation.match, isInherited, look, reason, selection);
    return evaluation.isOwn;
  }

  #read(pid: number, stat: ProcStat): ReadProcess {
    const { proc } = this.#parts;
    return {
      pid,
      startTicks: stat.startTicks,
      executable: proc.executable(pid) ?? '',
      commandLine: proc.commandLine(pid) ?? [],
    };
  }

  #evaluate(
    read: ReadProcess,
    look: ListeningPorts,
    reason: Reason,
    fallback: SelectorMatch | undefined,
  ): Evaluation | undefined {
    this.examined++;
    const { matcher, languages } = this.#parts;
    return evaluate(matcher, languages, read, look, reason.ports ?? [], fallback);
  }

  #select(
    stat: ProcStat,
    read: ReadProcess,
    match: SelectorMatch,
    isInherited: boolean,
    look: ListeningPorts,
    reason: Reason,
    before?: Selection,
  ): void {
    const { sink, identity } = this.#parts;
    const instancePid = this.#instancePid(stat, read);
    const root = instancePid === read.pid ? undefined : this.#selected.get(instancePid);
    const isForked = root !== undefined && isSameMatch(root.match, match);
    const process = isForked
      ? forkProcessInfo(root.process, read.pid, read.startTicks)
      : createProcessInfo(read, this.#factsOf(read), match, identity(), instancePid);
    const ports = new SelectedPorts();
    for (const port of reason.ports ?? []) ports.add(port);
    ports.refresh(look, read.pid);
    if (!this.#call(() => sink.select(process, [...ports]))) {
      this.#selected.delete(read.pid);
      this.#known.delete(read.pid);
      return;
    }
    for (const port of before?.ports ?? []) if (!ports.has(port)) this.#call(() => sink.removePort?.(process, port));
    const selection: Selection = { process, match, isInherited, isForked, ports, isAnnounced: false };
    this.#enter(stat, selection);
    this.#announce(selection);
  }

  /** Reads the environment of a process and the names of its libraries. */
  #factsOf(read: ReadProcess): ProgramFacts {
    const { proc, languages } = this.#parts;
    const environment = readResourceEnvironment(proc, read.pid);
    this.attributesRefused += environment.refused;
    const language = languages.ofSelected(read.pid, read.executable);
    return { environment, language, programName: programServiceName(proc, read) };
  }

  /** The process that executed the program which this one runs: itself, or the first of its forebears that still is there. */
  #instancePid(stat: ProcStat, read: ReadProcess): number {
    const { proc } = this.#parts;
    let { pid } = read;
    let { parent } = stat;
    for (let generation = 0; generation < MOST_GENERATIONS && stat.stackStart !== 0; generation++) {
      const its = proc.stat(parent);
      if (its?.stackStart !== stat.stackStart || proc.executable(parent) !== read.executable) break;
      pid = parent;
      parent = its.parent;
    }
    return pid;
  }

  #enter(stat: Pick<ProcStat, 'startTicks' | 'name'>, selection: Selection): void {
    const { pid } = selection.process;
    this.#programs.delete(pid);
    this.#selected.set(pid, selection);
    const { startTicks, name } = stat;
    this.#known.set(pid, { startTicks, name, executable: undefined, portsKey: undefined, selection });
  }

  /** Makes a process of a child that only the kernel follows so far. */
  #adopt(pid: number, read?: ProcStat): Selection | undefined {
    const parent = this.#children.get(pid);
    if (parent === undefined) return undefined;
    const stat = read ?? this.#parts.proc.stat(pid);
    const process = forkProcessInfo(parent.process, pid, stat?.startTicks ?? UNREAD);
    if (stat === undefined ? !this.#parts.proc.isThere(pid) : stat.isDead) {
      this.#children.delete(pid);
      this.#depart(process);
      return undefined;
    }
    const selection: Selection = {
      process,
      match: parent.match,
      isInherited: true,
      isForked: true,
      ports: new SelectedPorts(),
      isAnnounced: false,
    };
    if (!this.#call(() => this.#parts.sink.select(process, []))) return undefined;
    this.#children.delete(pid);
    this.#enter(stat ?? { startTicks: UNREAD, name: '' }, selection);
    return selection;
  }

  /** A process that the kernel has selected at its exec, and that was gone before it could be looked at. */
  #goneProgram(pid: number): ProcessInfo | undefined {
    const program = this.#programs.get(pid);
    if (program === undefined) return undefined;
    this.#programs.delete(pid);
    const { executable, match } = program;
    const { languages, identity } = this.#parts;
    const process = goneProcessInfo(pid, executable, match, languages.ofName(executable), identity());
    this.#depart(process);
    return process;
  }

  /** It did what the record says and is gone already: its whole life is told at once. */
  #depart(process: ProcessInfo): void {
    this.#departed.add(process);
    this.#parts.onStarted(process);
    this.#parts.onEnded(process);
  }

  #deselect(pid: number, selection: Selection): void {
    this.#selected.delete(pid);
    this.#call(() => this.#parts.sink.deselect(selection.process));
    if (this.#leavesPort(selection)) this.forgetPorts();
    this.#departed.add(selection.process);
    if (selection.isAnnounced) this.#parts.onEnded(selection.process);
  }

  /** It listened on a wanted port, which no other selected process does; the socket may have been handed on. */
  #leavesPort({ ports }: Selection): boolean {
    return [...ports].some(
      (port) =>
        this.#parts.matcher.wantsPort(port.port) &&
        ![...this.#selected.values()].some((selection) => selection.ports.has(port)),
    );
  }

  #refreshPorts(selection: Selection, look: ListeningPorts): readonly ListeningPort[] {
    const { process, ports } = selection;
    const { sink } = this.#parts;
    const { added, removed } = ports.refresh(look, process.pid);
    for (const port of added) this.#call(() => sink.addPort(process, port));
    for (const port of removed) this.#call(() => sink.removePort?.(process, port));
    return added;
  }

  #announce(selection: Selection): void {
    if (selection.isAnnounced) return;
    selection.isAnnounced = true;
    this.#parts.onStarted(selection.process);
  }

  #call(act: () => void): boolean {
    const startedMs = performance.now();
    try {
      act();
      return true;
    } catch (error) {
      if (this.sinkFailures++ === 0) diag.error('discovery: a process could not be handed to the tracer', error);
      return false;
    } finally {
      this.sinkMs += performance.now() - startedMs;
    }
  }
}
