import type { ProcessInfo } from '../processes/process.ts';

/** Attributes that name where a process runs and what it is; others may hold what anybody wrote into its environment. */
const KEPT_ATTRIBUTES: ReadonlySet<string> = new Set([
  'host.name',
  'host.id',
  'service.version',
  'deployment.environment',
  'deployment.environment.name',
  'container.id',
  'container.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.replicaset.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.job.name',
  'k8s.cronjob.name',
]);

/** What a recording holds of a process: not its command line, in which passwords may be, and of its resource what is known to name no more than it. */
export function recordedProcess(process: ProcessInfo): Readonly<Record<string, unknown>> {
  const { pid, startTicks, executable, language, service, routes, sampler, exports, metrics } = process;
  const kept = Object.entries(process.resource).filter(([name]) => KEPT_ATTRIBUTES.has(name));
  const resource = Object.fromEntries(kept);
  return {
    pid,
    startTicks,
    executable,
    commandLine: [],
    language,
    service,
    resource,
    routes,
    sampler,
    exports,
    metrics,
  };
}
