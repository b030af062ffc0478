import { duration, integer, oneOf, text } from '../kinds.ts';
import { alwaysFlag, inert, inertCount, inertDuration, inertPart, inertText, neverFlag } from './inert.ts';
import { leaf, type Section, section } from './node.ts';

const NO_PINS = 'nothing is pinned in a BPF file system, so none needs to be mounted';
const NO_PRINTING =
  'BPF programs count instead of printing; `beyla.stats()` and the internal metrics have the counters';
const WAKING =
  'user space is woken when 1 MiB of the ring is full, and otherwise looks at it at an interval, which `batch_timeout` can shorten';
const NO_INJECTION = 'nothing is written into requests; the `traceparent` that programs send themselves is read';
const NO_PROTOCOL = 'this version reads HTTP and gRPC only';
const UNANSWERED =
  'a request without answer is reported when its connection ends, with `error.type` `connection_closed` and no status';

export const ebpf: Section = section('The kernel side.', {
  wakeup_len: inertCount('Records before user space is woken.', WAKING, 'BEYLA_BPF_WAKEUP_LEN'),
  batch_length: leaf(
    integer(1),
    'Most records that are taken in one turn of the event loop, if they are as long as turns with content are.',
    { env: 'BEYLA_BPF_BATCH_LENGTH' },
  ),
  batch_timeout: leaf(
    duration(),
    'Longest wait of records; it is never longer than 10 ms while there are any, and 200 ms when there were none.',
    {
      env: 'BEYLA_BPF_BATCH_TIMEOUT',
      caveat: (valueMs) => (valueMs < 1 ? 'the ring is looked at every 1ms at most' : undefined),
      limits: 'at least `1ms`',
    },
  ),
  stats_wakeup_data_bytes: inertCount('Bytes before user space is woken.', WAKING, 'BEYLA_STATS_WAKEUP_DATA_BYTES'),
  track_request_headers: alwaysFlag(
    'Reads `traceparent` of requests.',
    'it is read in any case, which costs nothing of note here; a processor may remove `parentSpanId`',
    'BEYLA_BPF_TRACK_REQUEST_HEADERS',
  ),
  bpf_fs_base_dir: inertText('Where a BPF file system is mounted (1.0).', NO_PINS, 'BEYLA_BPF_FS_BASE_DIR'),
  bpf_fs_path: inertText('Where a BPF file system is mounted.', NO_PINS, 'BEYLA_BPF_FS_PATH'),
  bfp_debug: neverFlag('Lets BPF programs print (1.0 spells it so).', NO_PRINTING, 'BEYLA_BPF_DEBUG'),
  bpf_debug: neverFlag('Lets BPF programs print.', NO_PRINTING, 'BEYLA_BPF_DEBUG'),
  protocol_debug_print: neverFlag(
    'Prints what parsers see.',
    'give `recordTo` to `createBeyla`: the recording has it, redacted',
    'BEYLA_PROTOCOL_DEBUG_PRINT',
  ),
  http_request_timeout: leaf(duration(), 'When a request without answer is reported, with status 408; 0: never.', {
    env: 'BEYLA_BPF_HTTP_REQUEST_TIMEOUT',
    caveat: (valueMs) => (valueMs > 0 ? `no effect: ${UNANSWERED}` : undefined),
    limits: `a timeout has no effect: ${UNANSWERED}`,
  }),
  go_http_client_buffer_timeout: inertDuration(
    'How long the end of a request of a Go client is waited for.',
    'requests of Go are read like all others',
  ),
  context_propagation: leaf(
    oneOf('disabled', 'headers', 'tcp', 'headers,tcp', 'ip', 'all'),
    'How trace context is sent along.',
    {
      env: 'BEYLA_BPF_CONTEXT_PROPAGATION',
      caveat: (value) => (value === 'disabled' ? undefined : `no effect: ${NO_INJECTION}`),
      limits: `all but \`disabled\` have no effect: ${NO_INJECTION}`,
    },
  ),
  enable_context_propagation: neverFlag(
    'The older name of `context_propagation`.',
    NO_INJECTION,
    'BEYLA_BPF_ENABLE_CONTEXT_PROPAGATION',
  ),
  traffic_control_backend: inert(
    oneOf('auto', 'tc', 'tcx'),
    'How programs attach to interfaces.',
    'no program is attached to an interface',
    'BEYLA_BPF_TC_BACKEND',
  ),
  disable_black_box_cp: alwaysFlag(
    'Relates no requests by thread.',
    'an outgoing request gets a parent only from its own `traceparent`: a guess by thread would often be wrong',
    'BEYLA_BPF_DISABLE_BLACK_BOX_CP',
  ),
  high_request_volume: neverFlag(
    'Reports a request before its answer ends.',
    'durations are always those of whole answers; it is not needed for speed here',
    'BEYLA_BPF_HIGH_REQUEST_VOLUME',
  ),
  heuristic_sql_detect: neverFlag('Recognises SQL by its words.', NO_PROTOCOL, 'BEYLA_HEURISTIC_SQL_DETECT'),
  instrument_cuda: leaf(oneOf('auto', 'on', 'off'), 'Calls to graphics processors.', {
    env: 'BEYLA_INSTRUMENT_CUDA',
    caveat: (value) => (value === 'on' ? `no effect: ${NO_PROTOCOL}` : undefined),
    limits: `\`on\` has no effect: ${NO_PROTOCOL}`,
  }),
  dns_request_timeout: inertDuration(
    'When a DNS question without answer is reported.',
    NO_PROTOCOL,
    'BEYLA_BPF_DNS_REQUEST_TIMEOUT',
  ),
  max_transaction_time: inertDuration(
    'Longest chain of requests that are related.',
    'requests are related by their `traceparent`, however long they take',
    'BEYLA_BPF_MAX_TRANSACTION_TIME',
  ),
  override_bpfloop_enabled: neverFlag(
    'Takes bpf_loop for granted.',
    'no BPF program uses it',
    'BEYLA_OVERRIDE_BPF_LOOP_ENABLED',
  ),
  force_bpf_map_reader: inert(
    text,
    'How maps are read.',
    'only counters are read from maps, one by one',
    'BEYLA_FORCE_BPF_MAP_READER',
  ),
  redis_db_cache: inertPart('Database numbers of Redis connections.', NO_PROTOCOL),
  buffer_sizes: inertPart(
    'Bytes captured for each protocol.',
    'of each turn 512 bytes at most are captured, and heads up to 16 KiB; set `tracer.captureBytes` and `tracer.headBytes` to capture less',
  ),
  mysql_prepared_statements_cache_size: inertCount('Prepared statements.', NO_PROTOCOL),
  postgres_prepared_statements_cache_size: inertCount('Prepared statements.', NO_PROTOCOL),
  mssql_prepared_statements_cache_size: inertCount('Prepared statements.', NO_PROTOCOL),
  mongo_requests_cache_size: inertCount('Requests.', NO_PROTOCOL),
  kafka_topic_uuid_cache_size: inertCount('Topics.', NO_PROTOCOL),
  couchbase_db_cache_size: inertCount('Buckets.', NO_PROTOCOL),
  maps_config: section('Sizes of BPF maps.', {
    global_scale_factor: leaf(
      integer(-3, 3),
      'Connections that are followed at once, and the ring, are 2 to the power of it times as large as by default.',
      { default: 0 },
    ),
  }),
  log_enricher: inertPart(
    'Trace ids in the logs of programs.',
    'what programs write is never changed; relate logs by time, service and path',
  ),
  payload_extraction: inertPart(
    'Protocols on top of HTTP.',
    'contents of requests are never looked into; GraphQL, cloud and language-model calls are reported as HTTP requests',
  ),
});
