import {
  boolean,
  duration,
  integer,
  listOf,
  mapOf,
  number,
  oneOf,
  routePatterns,
  text,
  wildcardChar,
} from '../kinds.ts';
import { inert, inertCount, inertDuration, inertText, NO_KUBERNETES, neverFlag } from './inert.ts';
import { leaf, type Section, section, sectionMap } from './node.ts';

const NO_CLOUD = 'no cloud is asked for metadata; `OTEL_RESOURCE_ATTRIBUTES` of a program is part of its resource';
const NO_NAMES =
  'addresses are not resolved: a host without a name is its IP address; a processor may set `span.attributes`';

export const routes: Section = section('How paths become routes.', {
  patterns: leaf(routePatterns, '`/users/:id`, `/users/{id}`, `/files/*`; what matches is the route, as written.', {
    default: [],
  }),
  ignored_patterns: leaf(routePatterns, 'Requests whose path matches are not reported.', { default: [] }),
  ignore_mode: leaf(oneOf('all', 'traces', 'metrics'), 'What ignored means.', { default: 'all' }),
  unmatched: leaf(
    oneOf('unset', 'path', 'wildcard', 'heuristic', 'low-cardinality'),
    'Route of a path that no pattern matches; `wildcard` gives `/**`.',
    { default: 'wildcard' },
  ),
  wildcard_char: leaf(wildcardChar, 'What stands for an identifier in a route; empty: `*`.', { default: '*' }),
  max_path_segment_cardinality: leaf(
    integer(0, 1000),
    'Words at one place of the paths of a service before they become one, with `low-cardinality`; 0: any number.',
    { default: 10 },
  ),
});

export const attributes: Section = section('What telemetry says.', {
  instance_id: section('`service.instance.id`.', {
    dns: leaf(
      boolean,
      "Asks DNS for the full name of the host at the start, for 500 ms at most; without an answer the name is the kernel's.",
      { env: 'BEYLA_HOSTNAME_DNS_RESOLUTION', default: true },
    ),
    override_hostname: leaf(text, '`host.name`, and the first part of `service.instance.id`.', {
      env: 'BEYLA_HOSTNAME',
    }),
    override_instance_id: leaf(
      text,
      'The whole `service.instance.id`; where several processes are watched they become one.',
      {
        env: 'BEYLA_INSTANCE_ID',
      },
    ),
    internal_cache_len: inertCount(
      'Size of a cache.',
      'it is computed once for each process',
      'BEYLA_INSTANCE_ID_INTERNAL_CACHE_LEN',
    ),
  }),
  host_id: section('`host.id`.', { override: leaf(text, 'Id to use.', { env: 'BEYLA_HOST_ID' }) }),
  kubernetes: section('Names of pods and their owners.', {
    enable: leaf(oneOf('true', 'false', 'autodetect'), 'Whether to ask the API server.', {
      env: 'BEYLA_KUBE_METADATA_ENABLE',
      default: 'false',
      caveat: (value) => (value === 'true' ? `no effect: ${NO_KUBERNETES}` : undefined),
      limits: `\`true\` has no effect, and \`autodetect\` finds nothing: ${NO_KUBERNETES}`,
    }),
    cluster_name: inertText('Name of the cluster.', NO_KUBERNETES, 'BEYLA_KUBE_CLUSTER_NAME'),
    kubeconfig_path: inertText('Path of the kubeconfig.', NO_KUBERNETES, 'BEYLA_KUBE_METADATA_KUBECONFIG_PATH'),
    informers_sync_timeout: inert(
      duration(0.000_001),
      'Longest first synchronisation.',
      NO_KUBERNETES,
      'BEYLA_KUBE_INFORMERS_SYNC_TIMEOUT',
    ),
    informers_resync_period: inertDuration(
      'Time between synchronisations.',
      NO_KUBERNETES,
      'BEYLA_KUBE_INFORMERS_RESYNC_PERIOD',
    ),
    reconnect_initial_interval: inertDuration(
      'First wait before a new connection.',
      NO_KUBERNETES,
      'BEYLA_KUBE_RECONNECT_INITIAL_INTERVAL',
    ),
    drop_external: neverFlag(
      'Leaves out what is outside of the cluster.',
      NO_KUBERNETES,
      'BEYLA_NETWORK_DROP_EXTERNAL',
    ),
    disable_informers: inert(
      listOf(text),
      'Kinds of objects that are not asked for.',
      NO_KUBERNETES,
      'BEYLA_KUBE_DISABLE_INFORMERS',
    ),
    meta_cache_address: inertText('Address of a cache.', NO_KUBERNETES, 'BEYLA_KUBE_META_CACHE_ADDRESS'),
    meta_restrict_local_node: neverFlag(
      'Only objects of this node.',
      NO_KUBERNETES,
      'BEYLA_KUBE_META_RESTRICT_LOCAL_NODE',
    ),
    resource_labels: inert(mapOf(listOf(text)), 'Labels that become attributes.', NO_KUBERNETES),
    service_name_template: inertText('Template of `service.name`.', NO_KUBERNETES, 'BEYLA_SERVICE_NAME_TEMPLATE'),
    meta_source_labels: inert(mapOf(text), 'Labels that become attributes (deprecated).', NO_KUBERNETES),
  }),
  metadata_retry: section('Retries of cloud metadata.', {
    timeout: inertDuration('When they end.', NO_CLOUD, 'BEYLA_METADATA_RETRY_TIMEOUT'),
    start_interval: inertDuration('First wait.', NO_CLOUD, 'BEYLA_METADATA_RETRY_START_INTERVAL'),
    max_interval: inertDuration('Longest wait.', NO_CLOUD, 'BEYLA_METADATA_RETRY_MAX_INTERVAL'),
  }),
  rename_unresolved_hosts: inertText('Name of unknown hosts.', NO_NAMES, 'BEYLA_RENAME_UNRESOLVED_HOSTS'),
  rename_unresolved_hosts_outgoing: inertText(
    'Name of unknown servers.',
    NO_NAMES,
    'BEYLA_RENAME_UNRESOLVED_HOSTS_OUTGOING',
  ),
  rename_unresolved_hosts_incoming: inertText(
    'Name of unknown clients.',
    NO_NAMES,
    'BEYLA_RENAME_UNRESOLVED_HOSTS_INCOMING',
  ),
  metric_span_names_limit: leaf(integer(1), 'Names of spans in span metrics before further ones become one.', {
    env: 'BEYLA_METRIC_SPAN_NAMES_LIMIT',
    default: 100,
  }),
  extra_group_attributes: inert(
    mapOf(listOf(text)),
    'Further attributes of groups.',
    'the groups are those of Kubernetes, which this version does not ask; use `include` of `attributes.select`',
  ),
  select: sectionMap(
    'Which attributes a metric has; keys are globs on names of metrics, `traces`, `resource`.',
    section(
      'Attributes of one metric.',
      {
        include: leaf(listOf(text), 'Names or globs; without it, the defaults.'),
        exclude: leaf(listOf(text), 'Names or globs that are taken away.'),
      },
      'AttributeSelectionConfig',
    ),
  ),
  sensitive_query_params: section('Query parameters whose values are redacted.', {
    add: leaf(listOf(text), 'Names beside the built-in ones.', { env: 'BEYLA_SENSITIVE_QUERY_PARAMS_ADD' }),
    remove: leaf(listOf(text), 'Built-in names to take away.', { env: 'BEYLA_SENSITIVE_QUERY_PARAMS_REMOVE' }),
  }),
});

const condition: Section = section(
  'What an attribute must be: either globs or numbers.',
  {
    match: leaf(text, 'Glob that it must match.'),
    not_match: leaf(text, 'Glob that it must not match.'),
    equals: leaf(number, 'Number that it must be.'),
    not_equals: leaf(number, 'Number that it must not be.'),
    greater_than: leaf(number, 'It must be above.'),
    greater_equals: leaf(number, 'It must be at least.'),
    less_than: leaf(number, 'It must be below.'),
    less_equals: leaf(number, 'It must be at most.'),
  },
  'FilterConditionConfig',
);

export const filter: Section = section('Which spans and flows are kept; conditions are ANDed.', {
  application: sectionMap(
    'By attributes of requests; `processorsFromConfig` of @beyla/exporters applies it.',
    condition,
  ),
  network: sectionMap('By attributes of flows.', condition, 'there are no metrics of network flows'),
  stats: sectionMap('By attributes of TCP statistics.', condition, 'there are no metrics of TCP'),
});
