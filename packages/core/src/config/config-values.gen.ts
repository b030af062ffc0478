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
    /** Entries that are only counted. No effect: what is not to be reported is not looked at; use `instrument` with `exports: []` to have it in `beyla.processes` alone. */
    readonly survey: readonly GlobSelectorConfig[];
    /** All processes of the machine; excludes every other selection. */
    readonly system_wide: boolean;
    /** How often /proc is compared, beside events; 0 is the default. Here: at least `100ms`. */
    readonly poll_interval: number;
    /** Turns the filter by process in the kernel off. Here: `true` has no effect: nothing of a process that was not selected leaves the kernel; select more processes instead. */
    readonly bpf_pid_filter_off?: boolean;
    /** Treats Go programs as all others: nothing is probed inside of them, so their HTTPS is not seen. */
    readonly skip_go_specific_tracers: boolean;
    /** Younger processes wait. Here: more than `0s` has no effect: processes are watched from their start, so that their first requests are not missed. */
    readonly min_process_age?: number;
    /** How often OTEL_CTX is read. No effect: what a program shares of its resource in memory is not read; its `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` are. */
    readonly process_context_poll_interval?: number;
    /** Leaves out programs that export telemetry themselves. Here: `true` has no effect: programs that export telemetry themselves are reported like all others; leave them out with `exclude_instrument`. */
    readonly exclude_otel_instrumented_services?: boolean;
    /** As above, for span metrics. Here: `true` has no effect: programs that export telemetry themselves are reported like all others; leave them out with `exclude_instrument`. */
    readonly exclude_otel_instrumented_services_span_metrics?: boolean;
    /** Port by which OTLP is recognised. No effect: programs that export telemetry themselves are reported like all others; leave them out with `exclude_instrument`. */
    readonly default_otlp_grpc_port?: number;
    /** Longest search for routes in a program. No effect: routes are not read out of programs; give them in `routes.patterns` or the `routes` of an entry. */
    readonly route_harvester_timeout?: number;
    /** Languages whose programs are not searched for routes. No effect: no program is searched: routes are not read out of programs; give them in `routes.patterns` or the `routes` of an entry. */
    readonly disabled_route_harvesters?: readonly string[];
    /** More on the search for routes. */
    readonly route_harvester_advanced: {
      /** How long Java programs may start. No effect: routes are not read out of programs; give them in `routes.patterns` or the `routes` of an entry. */
      readonly java_harvest_delay?: number;
    };
    /** Beginnings of paths of executables that are left out. */
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
      /** Asks DNS for the full name of the host at the start, for 500 ms at most; without an answer the name is the kernel's. */
      readonly dns: boolean;
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
      /** Whether to ask the API server. Here: `true` has no effect, and `autodetect` finds nothing: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly enable: 'true' | 'false' | 'autodetect';
      /** Name of the cluster. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly cluster_name?: string;
      /** Path of the kubeconfig. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly kubeconfig_path?: string;
      /** Longest first synchronisation. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly informers_sync_timeout?: number;
      /** Time between synchronisations. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly informers_resync_period?: number;
      /** First wait before a new connection. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly reconnect_initial_interval?: number;
      /** Leaves out what is outside of the cluster. Here: `true` has no effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly drop_external?: boolean;
      /** Kinds of objects that are not asked for. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly disable_informers?: readonly string[];
      /** Address of a cache. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly meta_cache_address?: string;
      /** Only objects of this node. Here: `true` has no effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly meta_restrict_local_node?: boolean;
      /** Labels that become attributes. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly resource_labels?: Readonly<Record<string, readonly string[]>>;
      /** Template of `service.name`. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly service_name_template?: string;
      /** Labels that become attributes (deprecated). No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
      readonly meta_source_labels?: Readonly<Record<string, string>>;
    };
    /** Retries of cloud metadata. */
    readonly metadata_retry: {
      /** When they end. No effect: no cloud is asked for metadata; `OTEL_RESOURCE_ATTRIBUTES` of a program is part of its resource. */
      readonly timeout?: number;
      /** First wait. No effect: no cloud is asked for metadata; `OTEL_RESOURCE_ATTRIBUTES` of a program is part of its resource. */
      readonly start_interval?: number;
      /** Longest wait. No effect: no cloud is asked for metadata; `OTEL_RESOURCE_ATTRIBUTES` of a program is part of its resource. */
      readonly max_interval?: number;
    };
    /** Name of unknown hosts. No effect: addresses are not resolved: a host without a name is its IP address; a processor may set `span.attributes`. */
    readonly rename_unresolved_hosts?: string;
    /** Name of unknown servers. No effect: addresses are not resolved: a host without a name is its IP address; a processor may set `span.attributes`. */
    readonly rename_unresolved_hosts_outgoing?: string;
    /** Name of unknown clients. No effect: addresses are not resolved: a host without a name is its IP address; a processor may set `span.attributes`. */
    readonly rename_unresolved_hosts_incoming?: string;
    /** Names of spans in span metrics before further ones become one. */
    readonly metric_span_names_limit: number;
    /** Further attributes of groups. No effect: the groups are those of Kubernetes, which this version does not ask; use `include` of `attributes.select`. */
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
    /** By attributes of flows. No effect: there are no metrics of network flows. */
    readonly network: Readonly<Record<string, FilterConditionConfig>>;
    /** By attributes of TCP statistics. No effect: there are no metrics of TCP. */
    readonly stats: Readonly<Record<string, FilterConditionConfig>>;
  };
  /** Load balancers whose header of the PROXY protocol is believed: the source that it names becomes `client.address` and `client.port`. */
  readonly trusted_proxies: readonly string[];
  /** Traces by OTLP. */
  readonly otel_traces_export: {
    /** URL of the receiver, used as it is; `/v1/traces` is added only where it has no path. */
    readonly endpoint?: string;
    /** URL to which `/v1/traces` is added; used where `endpoint` is not set. */
    readonly common_endpoint?: string;
    /** Default: by the port, 4317 is grpc. `debug` prints instead of sending, and needs no endpoint. */
    readonly protocol?: 'grpc' | 'http/protobuf' | 'http/json' | 'debug';
    /** Certificates of the receiver are not checked. */
    readonly insecure_skip_verify: boolean;
    /** Sent with each export. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Longest wait for one request. */
    readonly timeout?: number;
    /** Of what is sent. */
    readonly compression?: 'none' | 'gzip';
    /** Log level of the SDK. No effect: there is one level for all, `log_level`, which the logger of `diag` (@opentelemetry/api) applies. */
    readonly otel_sdk_log_level?: string;
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla select nothing. */
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
    /** Services with traces at the same time. No effect: exporters forget services by age (`ttl`) and have a cap of their own (`maxProcesses`, 1000). */
    readonly reporters_cache_len?: number;
  };
  /** Metrics by OTLP. */
  readonly otel_metrics_export: {
    /** URL of the receiver, used as it is; `/v1/metrics` is added only where it has no path. */
    readonly endpoint?: string;
    /** URL to which `/v1/metrics` is added; used where `endpoint` is not set. */
    readonly common_endpoint?: string;
    /** Default: by the port, 4317 is grpc. `debug` prints instead of sending, and needs no endpoint. */
    readonly protocol?: 'grpc' | 'http/protobuf' | 'http/json' | 'debug';
    /** Certificates of the receiver are not checked. */
    readonly insecure_skip_verify: boolean;
    /** Sent with each export. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Longest wait for one request. */
    readonly timeout?: number;
    /** Of what is sent. */
    readonly compression?: 'none' | 'gzip';
    /** Log level of the SDK. No effect: there is one level for all, `log_level`, which the logger of `diag` (@opentelemetry/api) applies. */
    readonly otel_sdk_log_level?: string;
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla select nothing. */
    readonly instrumentations?: readonly string[];
    /** Adds `url.path` to metrics. */
    readonly report_target: boolean;
    /** Adds `client.address` to metrics; `server.address` and `server.port` are always there. */
    readonly report_peer: boolean;
    /** Upper bounds of histograms. */
    readonly buckets: BucketsConfig;
    /** A series not updated for so long disappears. */
    readonly ttl: number;
    /** Groups of metrics of this exporter, instead of `metrics.features`. Here: there are `application`, `application_span`, `application_span_otel`, `application_span_sizes`, `application_service_graph`, `all`; others warn. */
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
    /** Services with metrics at the same time. No effect: exporters forget services by age (`ttl`) and have a cap of their own (`maxProcesses`, 1000). */
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
    /** Groups of metrics of this exporter, instead of `metrics.features`. Here: there are `application`, `application_span`, `application_span_otel`, `application_span_sizes`, `application_service_graph`, `all`; others warn. */
    readonly features?: readonly string[];
    /** Resource attributes that span metrics get. */
    readonly extra_span_resource_attributes?: readonly string[];
    /** Edges from a service to itself. */
    readonly allow_service_graph_self_references: boolean;
    /** Services at the same time. No effect: exporters forget services by age (`ttl`) and have a cap of their own (`maxProcesses`, 1000). */
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
    /** Leaves out `beyla_build_info`, which has version and languages. */
    readonly disable_build_info: boolean;
    /** Resource attributes that `target_info` has; here it has all that there are, also those that are not named. */
    readonly extra_resource_attributes?: readonly string[];
    /** Protocols that are exported: `http`, `grpc`, `*`; others of Beyla select nothing. */
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
    /** Groups of metrics. Here: there are `application`, `application_span`, `application_span_otel`, `application_span_sizes`, `application_service_graph`, `all`; others warn. */
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
      /** Turns it off. Here: `false` has no effect: no service is left out for exporting telemetry itself, so there are none to count. */
      readonly disabled?: boolean;
      /** Services that are counted. No effect: no service is left out for exporting telemetry itself, so there are none to count. */
      readonly limit?: number;
    };
  };
  /** The kernel side. */
  readonly ebpf: {
    /** Records before user space is woken. No effect: user space is woken when 1 MiB of the ring is full, and otherwise looks at it at an interval, which `batch_timeout` can shorten. */
    readonly wakeup_len?: number;
    /** Most records that are taken in one turn of the event loop, if they are as long as turns with content are. */
    readonly batch_length?: number;
    /** Longest wait of records; it is never longer than 10 ms while there are any, and 200 ms when there were none. Here: at least `1ms`. */
    readonly batch_timeout?: number;
    /** Bytes before user space is woken. No effect: user space is woken when 1 MiB of the ring is full, and otherwise looks at it at an interval, which `batch_timeout` can shorten. */
    readonly stats_wakeup_data_bytes?: number;
    /** Reads `traceparent` of requests. Here: `false` has no effect: it is read in any case, which costs nothing of note here; a processor may remove `parentSpanId`. */
    readonly track_request_headers?: boolean;
    /** Where a BPF file system is mounted (1.0). No effect: nothing is pinned in a BPF file system, so none needs to be mounted. */
    readonly bpf_fs_base_dir?: string;
    /** Where a BPF file system is mounted. No effect: nothing is pinned in a BPF file system, so none needs to be mounted. */
    readonly bpf_fs_path?: string;
    /** Lets BPF programs print (1.0 spells it so). Here: `true` has no effect: BPF programs count instead of printing; `beyla.stats()` and the internal metrics have the counters. */
    readonly bfp_debug?: boolean;
    /** Lets BPF programs print. Here: `true` has no effect: BPF programs count instead of printing; `beyla.stats()` and the internal metrics have the counters. */
    readonly bpf_debug?: boolean;
    /** Prints what parsers see. Here: `true` has no effect: give `recordTo` to `createBeyla`: the recording has it, redacted. */
    readonly protocol_debug_print?: boolean;
    /** When a request without answer is reported, with status 408; 0: never. Here: a timeout has no effect: a request without answer is reported when its connection ends, with `error.type` `connection_closed` and no status. */
    readonly http_request_timeout?: number;
    /** How long the end of a request of a Go client is waited for. No effect: requests of Go are read like all others. */
    readonly go_http_client_buffer_timeout?: number;
    /** How trace context is sent along. Here: all but `disabled` have no effect: nothing is written into requests; the `traceparent` that programs send themselves is read. */
    readonly context_propagation?: 'disabled' | 'headers' | 'tcp' | 'headers,tcp' | 'ip' | 'all';
    /** The older name of `context_propagation`. Here: `true` has no effect: nothing is written into requests; the `traceparent` that programs send themselves is read. */
    readonly enable_context_propagation?: boolean;
    /** How programs attach to interfaces. No effect: no program is attached to an interface. */
    readonly traffic_control_backend?: 'auto' | 'tc' | 'tcx';
    /** Relates no requests by thread. Here: `false` has no effect: an outgoing request gets a parent only from its own `traceparent`: a guess by thread would often be wrong. */
    readonly disable_black_box_cp?: boolean;
    /** Reports a request before its answer ends. Here: `true` has no effect: durations are always those of whole answers; it is not needed for speed here. */
    readonly high_request_volume?: boolean;
    /** Recognises SQL by its words. Here: `true` has no effect: this version reads HTTP and gRPC only. */
    readonly heuristic_sql_detect?: boolean;
    /** Calls to graphics processors. Here: `on` has no effect: this version reads HTTP and gRPC only. */
    readonly instrument_cuda?: 'auto' | 'on' | 'off';
    /** When a DNS question without answer is reported. No effect: this version reads HTTP and gRPC only. */
    readonly dns_request_timeout?: number;
    /** Longest chain of requests that are related. No effect: requests are related by their `traceparent`, however long they take. */
    readonly max_transaction_time?: number;
    /** Takes bpf_loop for granted. Here: `true` has no effect: no BPF program uses it. */
    readonly override_bpfloop_enabled?: boolean;
    /** How maps are read. No effect: only counters are read from maps, one by one. */
    readonly force_bpf_map_reader?: string;
    /** Database numbers of Redis connections. No effect: this version reads HTTP and gRPC only. */
    readonly redis_db_cache?: unknown;
    /** Bytes captured for each protocol. No effect: of each turn 512 bytes at most are captured, and heads up to 16 KiB; set `tracer.captureBytes` and `tracer.headBytes` to capture less. */
    readonly buffer_sizes?: unknown;
    /** Prepared statements. No effect: this version reads HTTP and gRPC only. */
    readonly mysql_prepared_statements_cache_size?: number;
    /** Prepared statements. No effect: this version reads HTTP and gRPC only. */
    readonly postgres_prepared_statements_cache_size?: number;
    /** Prepared statements. No effect: this version reads HTTP and gRPC only. */
    readonly mssql_prepared_statements_cache_size?: number;
    /** Requests. No effect: this version reads HTTP and gRPC only. */
    readonly mongo_requests_cache_size?: number;
    /** Topics. No effect: this version reads HTTP and gRPC only. */
    readonly kafka_topic_uuid_cache_size?: number;
    /** Buckets. No effect: this version reads HTTP and gRPC only. */
    readonly couchbase_db_cache_size?: number;
    /** Sizes of BPF maps. */
    readonly maps_config: {
      /** Connections that are followed at once, and the ring, are 2 to the power of it times as large as by default. */
      readonly global_scale_factor: number;
    };
    /** Trace ids in the logs of programs. No effect: what programs write is never changed; relate logs by time, service and path. */
    readonly log_enricher?: unknown;
    /** Protocols on top of HTTP. No effect: contents of requests are never looked into; GraphQL, cloud and language-model calls are reported as HTTP requests. */
    readonly payload_extraction?: unknown;
  };
  /** Lowest level of messages that are shown. The library prints nothing: give `diagLogLevel(config)` to `diag.setLogger`. */
  readonly log_level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** Form of messages. No effect: the library prints nothing itself: the logger that the program gives to `diag` (@opentelemetry/api) decides. */
  readonly log_format?: 'text' | 'json';
  /** Prints the configuration. No effect: the library prints nothing itself: `showEffectiveConfig(config)` returns it as YAML. */
  readonly log_config?: 'yaml' | 'json';
  /** Exports nothing; `beyla.stats()` has the number of requests. */
  readonly noop: boolean;
  /** Treats Go programs as all others: nothing is probed inside of them, so their HTTPS is not seen. */
  readonly skip_go_specific_tracers: boolean;
  /** Batches between stages. No effect: there are no channels: a batch goes through all stages at once, and the queue of an exporter has keys of its own (`otel_traces_export.queue_size`). */
  readonly channel_buffer_len?: number;
  /** Longest wait for a stage. No effect: there are no channels: a batch goes through all stages at once, and the queue of an exporter has keys of its own (`otel_traces_export.queue_size`). */
  readonly channel_send_timeout?: number;
  /** Ends the program after it. Here: `true` has no effect: there are no channels: a batch goes through all stages at once, and the queue of an exporter has keys of its own (`otel_traces_export.queue_size`). */
  readonly channel_send_timeout_panic?: boolean;
  /** Port of the profiler. No effect: a profiler sees the whole program: start it with `node --inspect=127.0.0.1:9229`. */
  readonly profile_port?: number;
  /** Longest wait for the exporters at the end. */
  readonly shutdown_timeout: number;
  /** Ends where a capability is missing. Here: `false` has no effect: starting fails with `MISSING_CAPABILITY` in any case: without capabilities nothing would be seen. */
  readonly enforce_sys_caps?: boolean;
  /** A page, `/healthz`, that says whether it works: 200, or 503 where it does not do its job. */
  readonly health_check: {
    /** TCP port; 0: none. */
    readonly port: number;
    /** Address to listen on. */
    readonly listen_address: string;
    /** Socket to listen on instead; with `@` at its beginning an abstract one. */
    readonly unix_socket_path?: string;
  };
  /** Names of addresses. No effect: addresses are not resolved; a client names the server that it asks for, and a server its own host. */
  readonly name_resolver?: unknown;
  /** Metrics of network flows. No effect: this version measures requests only. */
  readonly network?: unknown;
  /** Metrics of TCP. No effect: this version measures requests only. */
  readonly stats?: unknown;
  /** Metrics of processes. No effect: this version measures requests only. */
  readonly processes?: unknown;
  /** Help inside of Node.js programs. No effect: nothing is put into programs: they are watched from outside, unchanged. */
  readonly nodejs?: unknown;
  /** Help inside of Java programs. No effect: nothing is put into programs: they are watched from outside, unchanged. */
  readonly javaagent?: unknown;
  /** Metrics of Java runtimes. No effect: this version measures requests only. */
  readonly jvm_runtime_metrics?: unknown;
  /** Spans of connections between clusters. No effect: this version does not ask Kubernetes, so names of pods, owners and namespaces are not known. */
  readonly topology?: unknown;
  /** SDKs put into programs. No effect: nothing is put into programs: they are watched from outside, unchanged. */
  readonly injector?: unknown;
  /** Export of requests to language models. No effect: such requests are reported as HTTP requests. */
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
  /** Glob on the container name. No effect: the entry selects nothing: only the container engine knows names of containers, and it is not asked; use `containers_only`. */
  readonly container_name?: string;
  /** Glob on the Kubernetes namespace. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_namespace?: string;
  /** Glob on the Kubernetes pod name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_pod_name?: string;
  /** Glob on the Kubernetes deployment name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_deployment_name?: string;
  /** Glob on the Kubernetes replicaset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_replicaset_name?: string;
  /** Glob on the Kubernetes daemonset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_daemonset_name?: string;
  /** Glob on the Kubernetes statefulset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_statefulset_name?: string;
  /** Glob on the Kubernetes job name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_job_name?: string;
  /** Glob on the Kubernetes cronjob name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_cronjob_name?: string;
  /** Glob on the Kubernetes owner name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_owner_name?: string;
  /** Glob on the Kubernetes container name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_container_name?: string;
  /** Glob on the Kubernetes pod labels. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_pod_labels?: Readonly<Record<string, string>>;
  /** Glob on the Kubernetes pod annotations. No effect: the entry selects nothing: this version does not ask Kubernetes. */
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
    /** Groups of metrics, instead of `metrics.features`. Here: there are `application`, `application_span`, `application_span_otel`, `application_span_sizes`, `application_service_graph`, `all`; others warn. */
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
  /** Regular expression on the container name. No effect: the entry selects nothing: only the container engine knows names of containers, and it is not asked; use `containers_only`. */
  readonly container_name?: string;
  /** Regular expression on the Kubernetes namespace. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_namespace?: string;
  /** Regular expression on the Kubernetes pod name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_pod_name?: string;
  /** Regular expression on the Kubernetes deployment name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_deployment_name?: string;
  /** Regular expression on the Kubernetes replicaset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_replicaset_name?: string;
  /** Regular expression on the Kubernetes daemonset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_daemonset_name?: string;
  /** Regular expression on the Kubernetes statefulset name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_statefulset_name?: string;
  /** Regular expression on the Kubernetes job name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_job_name?: string;
  /** Regular expression on the Kubernetes cronjob name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_cronjob_name?: string;
  /** Regular expression on the Kubernetes owner name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_owner_name?: string;
  /** Regular expression on the Kubernetes container name. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_container_name?: string;
  /** Regular expression on the Kubernetes pod labels. No effect: the entry selects nothing: this version does not ask Kubernetes. */
  readonly k8s_pod_labels?: Readonly<Record<string, string>>;
  /** Regular expression on the Kubernetes pod annotations. No effect: the entry selects nothing: this version does not ask Kubernetes. */
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
    /** Groups of metrics, instead of `metrics.features`. Here: there are `application`, `application_span`, `application_span_otel`, `application_span_sizes`, `application_service_graph`, `all`; others warn. */
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
  /** Tokens. No effect: this version has no such metric. */
  readonly gen_ai_client_token_usage_histogram?: readonly number[];
  /** Seconds of operations. No effect: this version has no such metric. */
  readonly gen_ai_client_operation_duration_histogram?: readonly number[];
  /** Seconds of round trips. No effect: this version has no such metric. */
  readonly stat_tcp_rtt_histogram?: readonly number[];
}
