import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ConnectionPool } from './connection-pool.ts';
import { type OtlpOptions, signalUrl } from './options.ts';

type Config = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>;

/** Our options as the stock exporters take them; what is left out they read from the environment. */
export function exporterConfig(options: OtlpOptions, path: 'v1/traces' | 'v1/metrics', pool: ConnectionPool): Config {
  const config: Config = { httpAgentOptions: pool.agentFor };
  const url = signalUrl(options, path);
  if (url !== undefined) config.url = url;
  if (options.headers !== undefined) config.headers = { ...options.headers };
  if (options.timeoutMs !== undefined) config.timeoutMillis = options.timeoutMs;
  if (options.compression !== undefined) config.compression = options.compression as NonNullable<Config['compression']>;
  return config;
}
