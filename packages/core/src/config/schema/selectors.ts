import {
  boolean,
  glob,
  integer,
  type Kind,
  listOf,
  mapOf,
  oneOf,
  ports,
  regexp,
  routePatterns,
  share,
  text,
} from '../kinds.ts';
import { FEATURE_LIMITS, missingFeatures } from './features.ts';
import { leaf, type Node, type Section, section } from './node.ts';
import { SAMPLERS } from './samplers.ts';

const IN_KUBERNETES = 'this version does not ask Kubernetes';
const IN_ENGINE = 'only the container engine knows names of containers, and it is not asked; use `containers_only`';

/**
 * Criteria that are accepted and cannot be tested, with the reason. An entry that has one must select nothing, or it would select more than was
 * asked for.
 */
export const UNKNOWABLE_CRITERIA: Readonly<Record<string, string>> = {
  container_name: IN_ENGINE,
  k8s_namespace: IN_KUBERNETES,
  k8s_pod_name: IN_KUBERNETES,
  k8s_deployment_name: IN_KUBERNETES,
  k8s_replicaset_name: IN_KUBERNETES,
  k8s_daemonset_name: IN_KUBERNETES,
  k8s_statefulset_name: IN_KUBERNETES,
  k8s_job_name: IN_KUBERNETES,
  k8s_cronjob_name: IN_KUBERNETES,
  k8s_owner_name: IN_KUBERNETES,
  k8s_container_name: IN_KUBERNETES,
  k8s_pod_labels: IN_KUBERNETES,
  k8s_pod_annotations: IN_KUBERNETES,
};

/** The keys of an entry of `discovery`, with patterns of one kind. */
function selectorFields(pattern: Kind<string>, word: string): Record<string, Node> {
  const fields: Record<string, Node> = {
    name: leaf(text, '`service.name` of what matches.'),
    namespace: leaf(text, '`service.namespace` of what matches.'),
    open_ports: leaf(ports, 'Ports the process listens on; any one is enough.'),
    exe_path: leaf(pattern, `${word} on the path of the executable.`),
    cmd_args: leaf(pattern, `${word} on the command line, arguments joined by one space.`),
    languages: leaf(
      pattern,
      `${word} on the language: go, java, dotnet, python, ruby, nodejs, rust, php, cpp, generic.`,
    ),
    target_pids: leaf(listOf(integer(1)), 'Process ids.'),
  };
  for (const [key, why] of Object.entries(UNKNOWABLE_CRITERIA)) {
    const kind: Kind<unknown> = /labels|annotations/.test(key) ? mapOf(pattern) : pattern;
    fields[key] = leaf(kind, criterionMeaning(key, word), { inert: `the entry selects nothing: ${why}` });
  }
  fields['containers_only'] = leaf(boolean, 'Only processes in another network namespace than this program.');
  fields['exports'] = leaf(
    listOf(oneOf('metrics', 'traces', 'logs')),
    'Signals to export of what matches; an empty list: none. There are no logs here.',
  );
  fields['sampler'] = section('Sampler of what matches.', {
    name: leaf(oneOf(...SAMPLERS), 'Name, as OTEL_TRACES_SAMPLER.'),
    arg: leaf(share, 'Argument, as OTEL_TRACES_SAMPLER_ARG.'),
  });
  fields['routes'] = section('Routes of what matches.', {
    incoming: leaf(routePatterns, 'Patterns of requests that it answers.'),
    outgoing: leaf(routePatterns, 'Patterns of requests that it makes.'),
  });
  fields['metrics'] = section('Metrics of what matches.', {
    features: leaf(listOf(text), 'Groups of metrics, instead of `metrics.features`.', {
      caveat: missingFeatures,
      limits: FEATURE_LIMITS,
    }),
  });
  return fields;
}

function criterionMeaning(key: string, word: string): string {
  const words = key.replace(/^k8s_/, '').replaceAll('_', ' ');
  return `${word} on the ${key.startsWith('k8s_') ? 'Kubernetes ' : ''}${words}.`;
}

export const globSelector: Section = section(
  'Criteria, ANDed; patterns are globs, and `*` crosses `/`.',
  selectorFields(glob, 'Glob'),
  'GlobSelectorConfig',
);

export const regexpSelector: Section = section(
  'Criteria, ANDed; patterns are RE2 regular expressions, found anywhere.',
  {
    ...selectorFields(regexp, 'Regular expression'),
    exe_path_regexp: leaf(regexp, 'Regular expression on the path of the executable (the older name of `exe_path`).'),
  },
  'RegexpSelectorConfig',
);
