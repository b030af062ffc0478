// Made by `npm run generate` from packages/core/src/config/schema; do not edit.

/**
 * The values of a configuration, by Beyla's keys; durations are milliseconds.
 *
 * @public
 */
export interface ConfigValues {
  /** Regular expression on the path of the executable; ANDed with `open_port`. */
  readonly executable_name?: string;
  /** Ports the process listens on; any one is enough. */
  readonly open_port?: string;
  /** Process ids; every other selection is left aside. */
  readonly target_pids?: readonly number[];
  /** All processes of the machine; excludes every other selection. */
  readonly system_wide: boolean;
  /** Selection by variables alone. */
  readonly auto_target: {
    /** Glob on the path of the executable. */
    readonly exe?: string;
    /** Glob on the language. */
    readonly language?: string;
  };
  /** `service.name` of what `executable_name` and `open_port` select. */
  readonly service_name?: string;
  /** `service.namespace` of what they select. */
  readonly service_namespace?: string;
  /** Which processes are watched. */
  readonly discovery: {
    /** Entries with globs, ORed. Not used beside `services`. */
    readonly instrument: readonly GlobSelectorConfig[];
    /** Entries with globs that take away; a match here always wins. */
    readonly exclude_instrument: readonly GlobSelectorConfig[];
    /** Entries with regular expressions, ORed. */
    readonly services: readonly RegexpSelectorConfig[];
    /** Entries with regular expressions that take away. */
    readonly exclude_services: readonly RegexpSelectorConfig[];
    /** Taken away beside `exclude_instrument`, unless `services` is used. */
    readonly default_exclude_instrument: readonly GlobSelectorConfig[];
    /** Taken away beside `exclude_services`, if `services` is used. */
    readonly default_exclude_services: readonly RegexpSelectorConfig[];
    /** Entries that are only counted. No effect: this library does not have it yet. */
    readonly survey: readonly GlobSelectorConfig[];
    /** All processes of the machine; excludes every other selection. */
    readonly system_wide: boolean;
    /** How often /proc is compared, beside events; 0 is the default. */
    readonly poll_interval: number;
    /** Turns the filter by process in the kernel off. No effect: nothing of a process that was not selected leaves the kernel. */
    readonly bpf_pid_filter_off?: boolean;
    /** Treats Go programs as all others. No effect: Go programs have no tracers of their own. */
    readonly skip_go_specific_tracers?: boolean;
    /** Younger processes wait. No effect: processes are watched from their start. */
    readonly min_process_age?: number;
    /** How often OTEL_CTX is read. No effect: this library does not have it yet. */
    readonly process_context_poll_interval?: number;
    /** Leaves out programs that export telemetry themselves. No effect: this library does not have it yet. */
    readonly exclude_otel_instrumented_services?: boolean;
    /** As above, for span metrics. No effect: this library does not have it yet. */
    readonly exclude_otel_instrumented_services_span_metrics?: boolean;
    /** Port by which OTLP is recognised. No effect: this library does not have it yet. */
    readonly default_otlp_grpc_port?: number;
    /** Longest search for routes in a program. No effect: this library does not have it yet. */
    readonly route_harvester_timeout?: number;
    /** Languages whose programs are not searched for routes. No effect: this library does not have it yet. */
    readonly disabled_route_harvesters?: readonly string[];
    /** More on the search for routes. */
    readonly route_harvester_advanced: {
      /** How long Java programs may start. No effect: this library does not have it yet. */
      readonly java_harvest_delay?: number;
    };
    /** Folders whose programs are left out. No effect: this library does not have it yet. */
    readonly excluded_linux_system_paths?: readonly string[];
  };
  /** How paths become routes. */
  readonly routes: {
    /** `/users/:id`, `/users/{id}`, `/files/*`; what matches is the route, as written. */
    readonly patterns: readonly string[];
    /** Requests whose path matches are not reported. */
    readonly ignored_patterns: readonly string[];
    /** What ignored means. */
    readonly ignore_mode: 'all' | 'traces' | 'metrics';
    /** Route of a path that no pattern matches; `wildcard` gives `/**`. */
    readonly unmatched: 'unset' | 'path' | 'wildcard' | 'heuristic' | 'low-cardinality';
    /** What stands for an identifier in a route; empty: `*`. */
    readonly wildcard_char: string;
    /** Words at one place of the paths of a service before they become one, with `low-cardinality`; 0: any number. */
    readonly max_path_segment_cardinality: number;
  };
  /** What telemetry says. */
  readonly attributes: {
    /** `service.instance.id`. */
    readonly instance_id: {
      /** Asks DNS for the host name. No effect: the host name is the kernel's. */
      readonly dns?: boolean;
      /** `host.name`, and the first part of `service.instance.id`. */
      readonly override_hostname?: string;
      /** The whole `service.instance.id`; where several processes are watched they become one. */
      readonly override_instance_id?: string;
      /** Size of a cache. No effect: it is computed once for each process. */
      readonly internal_cache_len?: number;
    };
    /** `host.id`. */
    readonly host_id: {
      /** Id to use. */
      readonly override?: string;
    };
    /** Names of pods and their owners. */
    readonly kubernetes: {
      /** Whether to ask the API server. */
      readonly enable: 'true' | 'false' | 'autodetect';
      /** Name of the cluster. No effect: this library does not have it yet. */
      readonly cluster_name?: string;
      /** Path of the kubeconfig. No effect: this library does not have it yet. */
      readonly kubeconfig_path?: string;
      /** Longest first synchronisation. No effect: this library does not have it yet. */
      readonly informers_sync_timeout?: number;
      /** Time between synchronisations. No effect: this library does not have it yet. */
      readonly informers_resync_period?: number;
      /** First wait before a new connection. No effect: this library does not have it yet. */
      readonly reconnect_initial_interval?: number;
      /** Leaves out what is outside of the cluster. No effect: this library does not have it yet. */
      readonly drop_external?: boolean;
      /** Kinds of objects that are not asked for. No effect: this library does not have it yet. */
      readonly disable_informers?: readonly string[];
      /** Address of a cache. No effect: this library does not have it yet. */
      readonly meta_cache_address?: string;
      /** Only objects of this node. No effect: this library does not have it yet. */
      readonly meta_restrict_local_node?: boolean;
      /** Labels that become attributes. No effect: this library does not have it yet. */
      readonly resource_labels?: Readonly<Record<string, readonly string[]>>;
      /** Template of `service.name`. No effect: this library does not have it yet. */
      readonly service_name_template?: string;
      /** Labels that become attributes (deprecated). No effect: this library does not have it yet. */
      readonly meta_source_labels?: Readonly<Record<string, string>>;
    };
    /** Retries of cloud metadata. */
    readonly metadata_retry: {
      /** When they end. No effect: this library does not have it yet. */
      readonly timeout?: number;
      /** First wait. No effect: this library does not have it yet. */
      readonly start_interval?: number;
      /** Longest wait. No effect: this library does not have it yet. */
      readonly max_interval?: number;
    };
    /** Name of unknown hosts. No effect: this library does not have it yet. */
    readonly rename_unresolved_hosts?: string;
    /** Name of unknown servers. No effect: this library does not have it yet. */
    readonly rename_unresolved_hosts_outgoing?: string;
    /** Name of unknown clients. No effect: this library does not have it yet. */
    readonly rename_unresolved_hosts_incoming?: string;
    /** Names of spans in span metrics before further ones become one. */
    readonly metric_span_names_limit: number;
    /** Further attributes of groups. No effect: this library does not have it yet. */
    readonly extra_group_attributes?: Readonly<Record<string, readonly string[]>>;
    /** Which attributes a metric has; keys are globs on names of metrics, `traces`, `resource`. */
    readonly select: Readonly<Record<string, AttributeSelectionConfig>>;
    /** Query parameters whose values are redacted. */
    readonly sensitive_query_params: {
      /** Names beside the built-in ones. */
      readonly add?: readonly string[];
      /** Built-in names to take away. */
      readonly remove?: readonly string[];
    };
  };
  /** Which spans and flows are kept; conditions are ANDed. */
  readonly filter: {
    /** By attributes of requests; `processorsFromConfig` of @beyla/exporters applies it. */
    readonly application: Readonly<Record<string, FilterConditionConfig>>;
    /** By attributes of flows. No effect: this library does not have it yet. */
    readonly network: Readonly<Record<string, FilterConditionConfig>>;
    /** By attributes of TCP statistics. No effect: this library does not have it yet. */
    readonly stats: Readonly<Record<string, FilterConditionConfig>>;
  };
  /** Traces by OTLP. */
  readonly otel_traces_export: {
    /** URL of the receiver, used as it is; `/v1/traces` is added only where it has no path. */
    readonly endpoint?: string;
    /** URL to which `/v1/traces` is added; used where `endpoint` is not set. */
    readonly common_endpoint?: string;
    /** Default: by the port, 4317 is grpc. */
    readonly protocol?: 'grpc' | 'http/protobuf' | 'http/json' | 'debug';
    /** Certificates of the receiver are not checked. */
    readonly insecure_skip_verify: boolean;
    /** Sent with each export. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Longest wait for one request. */
    readonly timeout?: number;
    /** Of what is sent. */
    readonly compression?: 'none' | 'gzip';
    /** Log level of the SDK. No effect: `diag` of @opentelemetry/api decides. */
    readonly otel_sdk_log_level?: string;
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla are not there yet. */
    readonly instrumentations?: readonly string[];
    /** Which traces are exported. */
    readonly sampler: {
      /** The rule. */
      readonly name: 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio';
      /** Share of traces, 0 to 1, where the rule needs one. */
      readonly arg?: number;
    };
    /** Requests held at most (1.0). */
    readonly max_queue_size?: number;
    /** Requests for each export (1.0). */
    readonly max_export_batch_size?: number;
    /** Requests held at most; 0: four batches. */
    readonly queue_size?: number;
    /** Requests for each export. */
    readonly batch_max_size?: number;
    /** Longest wait for a batch to fill. */
    readonly batch_timeout?: number;
    /** Longest wait for one export, retries included. */
    readonly export_timeout?: number;
    /** First wait before a retry. */
    readonly backoff_initial_interval?: number;
    /** Longest wait before a retry. */
    readonly backoff_max_interval?: number;
    /** When retries of a batch end, as `export_timeout`. */
    readonly backoff_max_elapsed_time?: number;
    /** Services with traces at the same time. No effect: caches bound themselves here. */
    readonly reporters_cache_len?: number;
  };
  /** Metrics by OTLP. */
  readonly otel_metrics_export: {
    /** URL of the receiver, used as it is; `/v1/metrics` is added only where it has no path. */
    readonly endpoint?: string;
    /** URL to which `/v1/metrics` is added; used where `endpoint` is not set. */
    readonly common_endpoint?: string;
    /** Default: by the port, 4317 is grpc. */
    readonly protocol?: 'grpc' | 'http/protobuf' | 'http/json' | 'debug';
    /** Certificates of the receiver are not checked. */
    readonly insecure_skip_verify: boolean;
    /** Sent with each export. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Longest wait for one request. */
    readonly timeout?: number;
    /** Of what is sent. */
    readonly compression?: 'none' | 'gzip';
    /** Log level of the SDK. No effect: `diag` of @opentelemetry/api decides. */
    readonly otel_sdk_log_level?: string;
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla are not there yet. */
    readonly instrumentations?: readonly string[];
    /** Adds `url.path` to metrics. */
    readonly report_target: boolean;
    /** Adds `client.address` to metrics; `server.address` and `server.port` are always there. */
    readonly report_peer: boolean;
    /** Upper bounds of histograms. */
    readonly buckets: BucketsConfig;
    /** A series not updated for so long disappears. */
    readonly ttl: number;
    /** Groups of metrics of this exporter, instead of `metrics.features`. */
    readonly features?: readonly string[];
    /** Resource attributes that span metrics get. */
    readonly extra_span_resource_attributes?: readonly string[];
    /** Edges from a service to itself. */
    readonly allow_service_graph_self_references: boolean;
    /** Time between exports. */
    readonly interval: number;
    /** Form of histograms. */
    readonly histogram_aggregation: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';
    /** Limits of exponential histograms. */
    readonly exponential_histogram: {
      /** Buckets at most; they become coarser instead. */
      readonly max_size: number;
      /** Finest scale; buckets grow by the factor 2^(2^-scale). */
      readonly max_scale: number;
    };
    /** Services with metrics at the same time. No effect: caches bound themselves here. */
    readonly reporters_cache_len?: number;
  };
  /** Metrics for Prometheus to scrape. */
  readonly prometheus_export: {
    /** TCP port; 0: none. */
    readonly port: number;
    /** Path of the page. */
    readonly path: string;
    /** Adds `url.path` to metrics. */
    readonly report_target: boolean;
    /** Adds `client.address` to metrics; `server.address` and `server.port` are always there. */
    readonly report_peer: boolean;
    /** Upper bounds of histograms. */
    readonly buckets: BucketsConfig;
    /** A series not updated for so long disappears. */
    readonly ttl: number;
    /** Groups of metrics of this exporter, instead of `metrics.features`. */
    readonly features?: readonly string[];
    /** Resource attributes that span metrics get. */
    readonly extra_span_resource_attributes?: readonly string[];
    /** Edges from a service to itself. */
    readonly allow_service_graph_self_references: boolean;
    /** Services at the same time. No effect: caches bound themselves here. */
    readonly service_cache_size?: number;
    /** Native histograms, for scrapers that take protobuf. */
    readonly native_histogram: {
      /** Growth from bucket to bucket; at most 1: no native histograms. */
      readonly bucket_factor: number;
      /** Buckets at most; they become coarser instead; 0 is the default of exponential ones. */
      readonly max_bucket_number: number;
      /** Shortest time between resets. No effect: a histogram is never reset: its buckets become coarser. */
      readonly min_reset_duration?: number;
    };
    /** Which requests become exemplars. */
    readonly exemplar_filter: 'always_off' | 'trace_based' | 'always_on';
    /** No `beyla_build_info`. No effect: there is no such metric here. */
    readonly disable_build_info?: boolean;
    /** Resource attributes that `target_info` gets. No effect: `target_info` has them all. */
    readonly extra_resource_attributes?: readonly string[];
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla are not there yet. */
    readonly instrumentations?: readonly string[];
  };
  /** Short cut to Grafana Cloud. */
  readonly grafana: {
    /** Its OTLP gateway; used where no endpoint is set. */
    readonly otlp: {
      /** Signals. */
      readonly cloud_submit: readonly ('traces' | 'metrics')[];
      /** Zone, e.g. `prod-eu-west-0`. */
      readonly cloud_zone?: string;
      /** User of the gateway. */
      readonly cloud_instance_id?: string;
      /** Password of the gateway. */
      readonly cloud_api_key?: string;
    };
  };
  /** Prints a line for each request (1.0). */
  readonly print_traces: boolean;
  /** Prints each request. */
  readonly trace_printer: 'disabled' | 'text' | 'json' | 'json_indent' | 'counter';
  /** Which metrics are made. */
  readonly metrics: {
    /** Groups of metrics. */
    readonly features: readonly string[];
  };
  /** Metrics about this library itself. */
  readonly internal_metrics: {
    /** Who exports them; where it is not said, Prometheus if there is a port; `otel`: to where `otel_metrics_export` goes. */
    readonly exporter?: 'disabled' | 'prometheus' | 'otel';
    /** For Prometheus to scrape. */
    readonly prometheus: {
      /** TCP port, also that of `prometheus_export`; 0: none. */
      readonly port: number;
      /** Path of the page. */
      readonly path: string;
    };
    /** How often BPF programs are asked. No effect: BPF programs are asked when the metrics are read. */
    readonly bpf_metric_scrape_interval?: number;
    /** Count of services that were left out. */
    readonly avoided_services: {
      /** Turns it off. No effect: this library does not have it yet. */
      readonly disabled?: boolean;
      /** Services that are counted. No effect: this library does not have it yet. */
      readonly limit?: number;
    };
  };
  /** The kernel side. */
  readonly ebpf: {
    /** Records before user space is woken. No effect: the ring is drained at an interval and when it fills. */
    readonly wakeup_len?: number;
    /** Records handed on together. No effect: the ring is drained at an interval and when it fills. */
    readonly batch_length?: number;
    /** Longest wait for a batch. No effect: the ring is drained at an interval and when it fills. */
    readonly batch_timeout?: number;
    /** Bytes before user space is woken. No effect: the ring is drained at an interval and when it fills. */
    readonly stats_wakeup_data_bytes?: number;
    /** Reads `traceparent` of requests. No effect: headers are always read. */
    readonly track_request_headers?: boolean;
    /** Where a BPF file system is mounted (1.0). No effect: nothing is pinned in a BPF file system. */
    readonly bpf_fs_base_dir?: string;
    /** Where a BPF file system is mounted. No effect: nothing is pinned in a BPF file system. */
    readonly bpf_fs_path?: string;
    /** Lets BPF programs print (1.0 spells it so). No effect: BPF programs count instead of printing. */
    readonly bfp_debug?: boolean;
    /** Lets BPF programs print. No effect: BPF programs count instead of printing. */
    readonly bpf_debug?: boolean;
    /** Prints what parsers see. No effect: recordings show it. */
    readonly protocol_debug_print?: boolean;
    /** When a request without answer is reported. No effect: this library does not have it yet. */
    readonly http_request_timeout?: number;
    /** How long Go clients are waited for. No effect: this library does not have it yet. */
    readonly go_http_client_buffer_timeout?: number;
    /** How trace context is sent along. No effect: this library does not have it yet. */
    readonly context_propagation?: 'disabled' | 'headers' | 'tcp' | 'headers,tcp' | 'ip' | 'all';
    /** The older name of `context_propagation`. No effect: this library does not have it yet. */
    readonly enable_context_propagation?: boolean;
    /** How programs attach to interfaces. No effect: this library does not have it yet. */
    readonly traffic_control_backend?: 'auto' | 'tc' | 'tcx';
    /** Relates no requests by thread. No effect: this library does not have it yet. */
    readonly disable_black_box_cp?: boolean;
    /** Reports a request before its answer ends. No effect: a response is reported at its first write, and again if it grew. */
    readonly high_request_volume?: boolean;
    /** Recognises SQL by its words. No effect: this library does not have it yet. */
    readonly heuristic_sql_detect?: boolean;
    /** Calls to graphics processors. No effect: this library does not have it yet. */
    readonly instrument_cuda?: 'auto' | 'on' | 'off';
    /** When a DNS question without answer is reported. No effect: this library does not have it yet. */
    readonly dns_request_timeout?: number;
    /** Longest chain of requests. No effect: this library does not have it yet. */
    readonly max_transaction_time?: number;
    /** Takes bpf_loop for granted. No effect: it is not used. */
    readonly override_bpfloop_enabled?: boolean;
    /** How maps are read. No effect: probing decides. */
    readonly force_bpf_map_reader?: string;
    /** Database numbers of Redis connections. No effect: this library does not have it yet. */
    readonly redis_db_cache?: unknown;
    /** Bytes captured for each protocol. No effect: this library does not have it yet. */
    readonly buffer_sizes?: unknown;
    /** Prepared statements. No effect: this library does not have it yet. */
    readonly mysql_prepared_statements_cache_size?: number;
    /** Prepared statements. No effect: this library does not have it yet. */
    readonly postgres_prepared_statements_cache_size?: number;
    /** Prepared statements. No effect: this library does not have it yet. */
    readonly mssql_prepared_statements_cache_size?: number;
    /** Requests. No effect: this library does not have it yet. */
    readonly mongo_requests_cache_size?: number;
    /** Topics. No effect: this library does not have it yet. */
    readonly kafka_topic_uuid_cache_size?: number;
    /** Buckets. No effect: this library does not have it yet. */
    readonly couchbase_db_cache_size?: number;
    /** Sizes of BPF maps. No effect: this library does not have it yet. */
    readonly maps_config?: unknown;
    /** Trace ids in the logs of programs. No effect: this library does not have it yet. */
    readonly log_enricher?: unknown;
    /** Protocols on top of HTTP. No effect: this library does not have it yet. */
    readonly payload_extraction?: unknown;
  };
  /** Lowest level of messages that are shown. The library prints nothing: give `diagLogLevel(config)` to `diag.setLogger`. */
  readonly log_level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** Form of messages. No effect: `diag` of @opentelemetry/api decides. */
  readonly log_format?: 'text' | 'json';
  /** Prints the configuration. No effect: use `showEffectiveConfig`. */
  readonly log_config?: 'yaml' | 'json';
  /** Exports nothing. */
  readonly noop: boolean;
  /** Treats Go programs as all others. No effect: Go programs have no tracers of their own. */
  readonly skip_go_specific_tracers?: boolean;
  /** Batches between stages. No effect: queues bound themselves here. */
  readonly channel_buffer_len?: number;
  /** Longest wait for a stage. No effect: queues bound themselves here. */
  readonly channel_send_timeout?: number;
  /** Ends the program after it. No effect: queues bound themselves here. */
  readonly channel_send_timeout_panic?: boolean;
  /** Port of the profiler. No effect: Node.js has an inspector of its own. */
  readonly profile_port?: number;
  /** Longest wait at the end. No effect: each exporter bounds its own end. */
  readonly shutdown_timeout?: number;
  /** Ends where a capability is missing. No effect: starting fails in any case. */
  readonly enforce_sys_caps?: boolean;
  /** A page that says whether it works. */
  readonly health_check: {
    /** TCP port; 0: none. No effect: this library does not have it yet. */
    readonly port?: number;
    /** Address to listen on. No effect: this library does not have it yet. */
    readonly listen_address?: string;
    /** Socket to listen on. No effect: this library does not have it yet. */
    readonly unix_socket_path?: string;
  };
  /** Names of addresses. No effect: this library does not have it yet. */
  readonly name_resolver?: unknown;
  /** Metrics of network flows. No effect: this library does not have it yet. */
  readonly network?: unknown;
  /** Metrics of TCP. No effect: this library does not have it yet. */
  readonly stats?: unknown;
  /** Metrics of processes. No effect: this library does not have it yet. */
  readonly processes?: unknown;
  /** Help inside of Node.js programs. No effect: this library does not have it yet. */
  readonly nodejs?: unknown;
  /** Help inside of Java programs. No effect: this library does not have it yet. */
  readonly javaagent?: unknown;
  /** Metrics of Java runtimes. No effect: this library does not have it yet. */
  readonly jvm_runtime_metrics?: unknown;
  /** Spans of connections between clusters. No effect: this library does not have it yet. */
  readonly topology?: unknown;
  /** SDKs put into programs. No effect: this library does not have it yet. */
  readonly injector?: unknown;
  /** Export of requests to language models. No effect: this library does not have it yet. */
  readonly sigil_export?: unknown;
}

/**
 * Criteria, ANDed; patterns are globs, and `*` crosses `/`.
 *
 * @public
 */
export interface GlobSelectorConfig {
  /** `service.name` of what matches. */
  readonly name?: string;
  /** `service.namespace` of what matches. */
  readonly namespace?: string;
  /** Ports the process listens on; any one is enough. */
  readonly open_ports?: string;
  /** Glob on the path of the executable. */
  readonly exe_path?: string;
  /** Glob on the command line, arguments joined by one space. */
  readonly cmd_args?: string;
  /** Glob on the language: go, java, dotnet, python, ruby, nodejs, rust, php, cpp, generic. */
  readonly languages?: string;
  /** Process ids. */
  readonly target_pids?: readonly number[];
  /** Glob on the container name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly container_name?: string;
  /** Glob on the Kubernetes namespace. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_namespace?: string;
  /** Glob on the Kubernetes pod name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_name?: string;
  /** Glob on the Kubernetes deployment name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_deployment_name?: string;
  /** Glob on the Kubernetes replicaset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_replicaset_name?: string;
  /** Glob on the Kubernetes daemonset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_daemonset_name?: string;
  /** Glob on the Kubernetes statefulset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_statefulset_name?: string;
  /** Glob on the Kubernetes job name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_job_name?: string;
  /** Glob on the Kubernetes cronjob name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_cronjob_name?: string;
  /** Glob on the Kubernetes owner name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_owner_name?: string;
  /** Glob on the Kubernetes container name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_container_name?: string;
  /** Glob on the Kubernetes pod labels. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_labels?: Readonly<Record<string, string>>;
  /** Glob on the Kubernetes pod annotations. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_annotations?: Readonly<Record<string, string>>;
  /** Only processes in another network namespace than this program. */
  readonly containers_only?: boolean;
  /** Signals to export of what matches; an empty list: none. There are no logs here. */
  readonly exports?: readonly ('metrics' | 'traces' | 'logs')[];
  /** Sampler of what matches. */
  readonly sampler?: {
    /** Name, as OTEL_TRACES_SAMPLER. */
    readonly name?: 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio';
    /** Argument, as OTEL_TRACES_SAMPLER_ARG. */
    readonly arg?: number;
  };
  /** Routes of what matches. */
  readonly routes?: {
    /** Patterns of requests that it answers. */
    readonly incoming?: readonly string[];
    /** Patterns of requests that it makes. */
    readonly outgoing?: readonly string[];
  };
  /** Metrics of what matches. */
  readonly metrics?: {
    /** Groups of metrics, instead of `metrics.features`. */
    readonly features?: readonly string[];
  };
}

/**
 * Criteria, ANDed; patterns are RE2 regular expressions, found anywhere.
 *
 * @public
 */
export interface RegexpSelectorConfig {
  /** `service.name` of what matches. */
  readonly name?: string;
  /** `service.namespace` of what matches. */
  readonly namespace?: string;
  /** Ports the process listens on; any one is enough. */
  readonly open_ports?: string;
  /** Regular expression on the path of the executable. */
  readonly exe_path?: string;
  /** Regular expression on the command line, arguments joined by one space. */
  readonly cmd_args?: string;
  /** Regular expression on the language: go, java, dotnet, python, ruby, nodejs, rust, php, cpp, generic. */
  readonly languages?: string;
  /** Process ids. */
  readonly target_pids?: readonly number[];
  /** Regular expression on the container name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly container_name?: string;
  /** Regular expression on the Kubernetes namespace. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_namespace?: string;
  /** Regular expression on the Kubernetes pod name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_name?: string;
  /** Regular expression on the Kubernetes deployment name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_deployment_name?: string;
  /** Regular expression on the Kubernetes replicaset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_replicaset_name?: string;
  /** Regular expression on the Kubernetes daemonset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_daemonset_name?: string;
  /** Regular expression on the Kubernetes statefulset name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_statefulset_name?: string;
  /** Regular expression on the Kubernetes job name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_job_name?: string;
  /** Regular expression on the Kubernetes cronjob name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_cronjob_name?: string;
  /** Regular expression on the Kubernetes owner name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_owner_name?: string;
  /** Regular expression on the Kubernetes container name. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_container_name?: string;
  /** Regular expression on the Kubernetes pod labels. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_labels?: Readonly<Record<string, string>>;
  /** Regular expression on the Kubernetes pod annotations. No effect: this library cannot test it yet, so the entry selects nothing. */
  readonly k8s_pod_annotations?: Readonly<Record<string, string>>;
  /** Only processes in another network namespace than this program. */
  readonly containers_only?: boolean;
  /** Signals to export of what matches; an empty list: none. There are no logs here. */
  readonly exports?: readonly ('metrics' | 'traces' | 'logs')[];
  /** Sampler of what matches. */
  readonly sampler?: {
    /** Name, as OTEL_TRACES_SAMPLER. */
    readonly name?: 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio';
    /** Argument, as OTEL_TRACES_SAMPLER_ARG. */
    readonly arg?: number;
  };
  /** Routes of what matches. */
  readonly routes?: {
    /** Patterns of requests that it answers. */
    readonly incoming?: readonly string[];
    /** Patterns of requests that it makes. */
    readonly outgoing?: readonly string[];
  };
  /** Metrics of what matches. */
  readonly metrics?: {
    /** Groups of metrics, instead of `metrics.features`. */
    readonly features?: readonly string[];
  };
  /** Regular expression on the path of the executable (the older name of `exe_path`). */
  readonly exe_path_regexp?: string;
}

/**
 * Attributes of one metric.
 *
 * @public
 */
export interface AttributeSelectionConfig {
  /** Names or globs; without it, the defaults. */
  readonly include?: readonly string[];
  /** Names or globs that are taken away. */
  readonly exclude?: readonly string[];
}

/**
 * What an attribute must be: either globs or numbers.
 *
 * @public
 */
export interface FilterConditionConfig {
  /** Glob that it must match. */
  readonly match?: string;
  /** Glob that it must not match. */
  readonly not_match?: string;
  /** Number that it must be. */
  readonly equals?: number;
  /** Number that it must not be. */
  readonly not_equals?: number;
  /** It must be above. */
  readonly greater_than?: number;
  /** It must be at least. */
  readonly greater_equals?: number;
  /** It must be below. */
  readonly less_than?: number;
  /** It must be at most. */
  readonly less_equals?: number;
}

/**
 * Upper bounds of histograms.
 *
 * @public
 */
export interface BucketsConfig {
  /** Seconds of durations. */
  readonly duration_histogram?: readonly number[];
  /** Bytes of requests. */
  readonly request_size_histogram?: readonly number[];
  /** Bytes of responses. */
  readonly response_size_histogram?: readonly number[];
  /** Tokens. No effect: this library does not have it yet. */
  readonly gen_ai_client_token_usage_histogram?: readonly number[];
  /** Seconds of operations. No effect: this library does not have it yet. */
  readonly gen_ai_client_operation_duration_histogram?: readonly number[];
  /** Seconds of round trips. No effect: this library does not have it yet. */
  readonly stat_tcp_rtt_histogram?: readonly number[];
}
