import { BeylaError } from '@beyla/core';

/**
 * Where and how OTLP is sent: HTTP with protobuf. What is not given is taken from the environment (`OTEL_EXPORTER_OTLP_*`, the
 * variables of the signal first), else from the specification's defaults.
 *
 * @public
 */
export interface OtlpOptions {
  /** URL of the receiver; `/v1/traces` or `/v1/metrics` is appended; default OTEL_EXPORTER_OTLP_ENDPOINT, else `http://localhost:4318`. */
  endpoint?: string;
  /** Whole URL of this signal, used as it is; wins over `endpoint`. */
  url?: string;
  /** Sent with each request, e.g. for authentication. */
  headers?: Readonly<Record<string, string>>;
  /** Longest wait for one request, retries included, in milliseconds; default OTEL_EXPORTER_OTLP_TIMEOUT, else 10,000. */
  timeoutMs?: number;
  /** Default OTEL_EXPORTER_OTLP_COMPRESSION, else `none`. */
  compression?: 'none' | 'gzip';
}

/** The URL of a signal, or undefined where the environment decides; throws INVALID_OPTION. */
export function signalUrl(options: OtlpOptions, path: 'v1/traces' | 'v1/metrics'): string | undefined {
  if (options.url !== undefined) return checked('url', options.url);
  if (options.endpoint === undefined) return undefined;
  const base = checked('endpoint', options.endpoint);
  return base.endsWith('/') ? `${base}${path}` : `${base}/${path}`;
}

function checked(name: string, value: string): string {
  const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
  if (protocol === 'http:' || protocol === 'https:') return value;
  throw new BeylaError('INVALID_OPTION', `the OTLP ${name} must be an http or https URL, not \`${value}\``);
}
