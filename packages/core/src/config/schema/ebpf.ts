import { duration, integer, oneOf, text } from '../kinds.ts';
import { inert, inertCount, inertDuration, inertFlag, inertPart, inertText, NOT_YET } from './inert.ts';
import { type Section, section } from './node.ts';

const DRAINED = 'the ring is drained at an interval and when it fills';
const NO_PINS = 'nothing is pinned in a BPF file system';

export const ebpf: Section = section('The kernel side.', {
  wakeup_len: inertCount('Records before user space is woken.', DRAINED, 'BEYLA_BPF_WAKEUP_LEN'),
  batch_length: inert(integer(1), 'Records handed on together.', DRAINED, 'BEYLA_BPF_BATCH_LENGTH'),
  batch_timeout: inertDuration('Longest wait for a batch.', DRAINED, 'BEYLA_BPF_BATCH_TIMEOUT'),
  stats_wakeup_data_bytes: inertCount('Bytes before user space is woken.', DRAINED, 'BEYLA_STATS_WAKEUP_DATA_BYTES'),
  track_request_headers: inertFlag(
    'Reads `traceparent` of requests.',
    'headers are always read',
    'BEYLA_BPF_TRACK_REQUEST_HEADERS',
  ),
  bpf_fs_base_dir: inertText('Where a BPF file system is mounted (1.0).', NO_PINS, 'BEYLA_BPF_FS_BASE_DIR'),
  bpf_fs_path: inertText('Where a BPF file system is mounted.', NO_PINS, 'BEYLA_BPF_FS_PATH'),
  bfp_debug: inertFlag(
    'Lets BPF programs print (1.0 spells it so).',
    'BPF programs count instead of printing',
    'BEYLA_BPF_DEBUG',
  ),
  bpf_debug: inertFlag('Lets BPF programs print.', 'BPF programs count instead of printing', 'BEYLA_BPF_DEBUG'),
  protocol_debug_print: inertFlag('Prints what parsers see.', 'recordings show it', 'BEYLA_PROTOCOL_DEBUG_PRINT'),
  http_request_timeout: inert(
    duration(),
    'When a request without answer is reported.',
    NOT_YET,
    'BEYLA_BPF_HTTP_REQUEST_TIMEOUT',
  ),
  go_http_client_buffer_timeout: inertDuration('How long Go clients are waited for.', NOT_YET),
  context_propagation: inert(
    oneOf('disabled', 'headers', 'tcp', 'headers,tcp', 'ip', 'all'),
    'How trace context is sent along.',
    NOT_YET,
    'BEYLA_BPF_CONTEXT_PROPAGATION',
  ),
  enable_context_propagation: inertFlag(
    'The older name of `context_propagation`.',
    NOT_YET,
    'BEYLA_BPF_ENABLE_CONTEXT_PROPAGATION',
  ),
  traffic_control_backend: inert(
    oneOf('auto', 'tc', 'tcx'),
    'How programs attach to interfaces.',
    NOT_YET,
    'BEYLA_BPF_TC_BACKEND',
  ),
  disable_black_box_cp: inertFlag('Relates no requests by thread.', NOT_YET, 'BEYLA_BPF_DISABLE_BLACK_BOX_CP'),
  high_request_volume: inertFlag(
    'Reports a request before its answer ends.',
    'a response is reported at its first write, and again if it grew',
    'BEYLA_BPF_HIGH_REQUEST_VOLUME',
  ),
  heuristic_sql_detect: inertFlag('Recognises SQL by its words.', NOT_YET, 'BEYLA_HEURISTIC_SQL_DETECT'),
  instrument_cuda: inert(oneOf('auto', 'on', 'off'), 'Calls to graphics processors.', NOT_YET, 'BEYLA_INSTRUMENT_CUDA'),
  dns_request_timeout: inertDuration(
    'When a DNS question without answer is reported.',
    NOT_YET,
    'BEYLA_BPF_DNS_REQUEST_TIMEOUT',
  ),
  max_transaction_time: inertDuration('Longest chain of requests.', NOT_YET, 'BEYLA_BPF_MAX_TRANSACTION_TIME'),
  override_bpfloop_enabled: inertFlag(
    'Takes bpf_loop for granted.',
    'it is not used',
    'BEYLA_OVERRIDE_BPF_LOOP_ENABLED',
  ),
  force_bpf_map_reader: inert(text, 'How maps are read.', 'probing decides', 'BEYLA_FORCE_BPF_MAP_READER'),
  redis_db_cache: inertPart('Database numbers of Redis connections.'),
  buffer_sizes: inertPart('Bytes captured for each protocol.'),
  mysql_prepared_statements_cache_size: inertCount('Prepared statements.', NOT_YET),
  postgres_prepared_statements_cache_size: inertCount('Prepared statements.', NOT_YET),
  mssql_prepared_statements_cache_size: inertCount('Prepared statements.', NOT_YET),
  mongo_requests_cache_size: inertCount('Requests.', NOT_YET),
  kafka_topic_uuid_cache_size: inertCount('Topics.', NOT_YET),
  couchbase_db_cache_size: inertCount('Buckets.', NOT_YET),
  maps_config: inertPart('Sizes of BPF maps.'),
  log_enricher: inertPart('Trace ids in the logs of programs.'),
  payload_extraction: inertPart('Protocols on top of HTTP.'),
});
