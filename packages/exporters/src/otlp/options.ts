/**
 * How OTLP is spoken: gRPC, or HTTP with a body of protobuf or JSON. `debug` sends nothing: it prints what `http/json` would send to standard
 * output, a request on a line.
 *
 * @public
 */
export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json' | 'debug';

/**
 * Certificates for https; each is the text of a PEM file (it holds `-----BEGIN`) or the path of one, read when the exporter is made.
 *
 * @public
 */
export interface OtlpTlsOptions {
  /** Authorities that may sign the receiver's certificate; default OTEL_EXPORTER_OTLP_CERTIFICATE, else those of Node. */
  ca?: string;
  /** Our certificate, where the receiver asks for one (mTLS); needs `key`; default OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE. */
  cert?: string;
  /** Private key of `cert`; default OTEL_EXPORTER_OTLP_CLIENT_KEY. */
  key?: string;
  /** Takes any certificate of the receiver; for tests only; default false. */
  insecureSkipVerify?: boolean;
}

/**
 * Where and how OTLP is sent. What is not given is taken from the environment (`OTEL_EXPORTER_OTLP_*`, the variables of the signal
 * first, as `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), else from the specification's defaults.
 *
 * @public
 */
export interface OtlpOptions {
  /**
   * URL of the receiver; for HTTP `/v1/traces` or `/v1/metrics` is appended; for gRPC `host:port` will do. A receiver on a Unix socket is
   * `unix:///path/of.sock`, or `unix:@name` for an abstract one. Default
   * OTEL_EXPORTER_OTLP_ENDPOINT, else `http://localhost:4318`, and `http://localhost:4317` for gRPC.
   */
  endpoint?: string;
  /** Whole URL of this signal, used as it is; wins over `endpoint`; default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or …_METRICS_ENDPOINT. */
  url?: string;
  /** Default OTEL_EXPORTER_OTLP_PROTOCOL, else guessed as Beyla does: a port that ends with 4317 is gRPC, else `http/protobuf`. */
  protocol?: OtlpProtocol;
  /** Sent with each request, e.g. for authentication; added to OTEL_EXPORTER_OTLP_HEADERS, over which they win. */
  headers?: Readonly<Record<string, string>>;
  /** Longest wait for the answer to one request in milliseconds; default OTEL_EXPORTER_OTLP_TIMEOUT, else 10,000. */
  timeoutMs?: number;
  /** Default OTEL_EXPORTER_OTLP_COMPRESSION, else `none`. */
  compression?: 'none' | 'gzip';
  /** For https endpoints. */
  tls?: OtlpTlsOptions;
  /** Wait before the first retry in milliseconds; doubled by each, and varied by a fifth; default 1000. */
  retryInitialDelayMs?: number;
  /** Longest wait between retries in milliseconds, unless the receiver asks for more; default 30,000. */
  retryMaxDelayMs?: number;
}
