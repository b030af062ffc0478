/** What differs between traces and metrics on the wire. */
export interface OtlpSignal {
  /** In the names of environment variables. */
  readonly word: 'TRACES' | 'METRICS';
  /** Appended to a common HTTP endpoint. */
  readonly path: string;
  /** The gRPC method. */
  readonly method: string;
}

export const TRACES: OtlpSignal = {
  word: 'TRACES',
  path: 'v1/traces',
  method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
};

export const METRICS: OtlpSignal = {
  word: 'METRICS',
  path: 'v1/metrics',
  method: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};
