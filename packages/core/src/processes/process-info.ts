import { hostname } from 'node:os';
import type { HostIdentity } from '../options/options.ts';
import type { ResourceEnvironment } from './environment.ts';
import type { Language, ProcessInfo } from './process.ts';
import type { SelectorMatch } from './selector.ts';
import { defaultServiceName } from './service-name.ts';

/** What selection has read of a process. */
export interface ReadProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly executable: string;
  readonly commandLine: readonly string[];
}

/** What only a selected process is asked for. */
export interface ProgramFacts {
  readonly environment: ResourceEnvironment;
  readonly language: Language;
  /** What the service is called where nobody has named it. */
  readonly programName: string;
}

/**
 * Describes a process that has been selected.
 *
 * The service's instance is called by `instancePid`, the process that executed the program of this one.
 *
 * The service's name is the selector's, else the one in the process's environment, else the default for its program.
 */
export function createProcessInfo(
  read: ReadProcess,
  { environment, language, programName }: ProgramFacts,
  match: SelectorMatch,
  identity: HostIdentity,
  instancePid: number,
): ProcessInfo {
  const { name, namespace, ...labels } = match;
  return {
    ...read,
    language,
    service: {
      name: name ?? environment.serviceName ?? programName,
      namespace: namespace ?? environment.serviceNamespace ?? '',
      instanceId: environment.instanceId ?? identity.instanceId ?? `${identity.hostName ?? hostname()}:${instancePid}`,
    },
    resource: { ...resourceOf(identity), ...environment.resource },
    ...labels,
  };
}

/**
 * Describes a child that has not executed another program. It is part of the same service instance: the workers of a prefork server are one
 * instance, and a server that forks for every connection must not make a series for each of them.
 */
export function forkProcessInfo(parent: ProcessInfo, pid: number, startTicks: number): ProcessInfo {
  return { ...parent, pid, startTicks };
}

function resourceOf({ hostName, hostId }: HostIdentity): Record<string, string> {
  return {
    ...(hostName === undefined ? {} : { 'host.name': hostName }),
    ...(hostId === undefined ? {} : { 'host.id': hostId }),
  };
}

/** Whether the process still runs the program that it was described with. */
export function isSameProgram(read: ReadProcess, process: ProcessInfo): boolean {
  const { executable, commandLine } = process;
  return (
    read.executable === executable &&
    read.commandLine.length === commandLine.length &&
    read.commandLine.every((argument, index) => argument === commandLine[index])
  );
}

/** Describes a process that has ended before it could be looked at: by its executable alone. */
export function goneProcessInfo(
  pid: number,
  executable: string,
  match: SelectorMatch,
  language: Language,
  identity: HostIdentity,
): ProcessInfo {
  const { name, namespace, ...labels } = match;
  return {
    pid,
    startTicks: 0,
    executable,
    commandLine: [],
    language,
    service: {
      name: name ?? defaultServiceName(executable, []),
      namespace: namespace ?? '',
      instanceId: identity.instanceId ?? `${identity.hostName ?? hostname()}:${pid}`,
    },
    resource: resourceOf(identity),
    ...labels,
  };
}

/** Just enough to tell a sink which process is meant; nothing more of it is read. */
export function unselectedProcessInfo(read: ReadProcess): ProcessInfo {
  return { ...read, language: 'generic', service: { name: '', namespace: '', instanceId: '' }, resource: {} };
}
