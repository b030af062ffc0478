import { BeylaError } from '@beyla/core';
import { diag } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { fromEnvironment, variable, wordFromEnvironment } from './environment.ts';
import type { OtlpOptions, OtlpProtocol } from './options.ts';
import type { OtlpSignal } from './signal.ts';
import { type OtlpTls, resolveTls } from './tls.ts';

/** `OtlpOptions` and environment, resolved for one signal. */
export interface OtlpConfig {
  readonly protocol: OtlpProtocol;
  /** For gRPC its path is the method. */
  readonly url: URL;
  /** Socket of the receiver, instead of the host of `url`. */
  readonly socketPath: string | undefined;
  /** Where it goes, for messages. */
  readonly place: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly gzip: boolean;
  readonly tls: OtlpTls;
  readonly retryInitialDelayMs: number;
  readonly retryMaxDelayMs: number;
}

const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf', 'http/json', 'debug'];
const COMPRESSIONS = ['none', 'gzip'] as const;

/** Resolves options, then environment, then defaults; throws INVALID_OPTION. */
export function resolveOtlpConfig(options: OtlpOptions, signal: OtlpSignal): OtlpConfig {
  const given = endpointOf(options, signal);
  const protocol =
    checkedWord('protocol', options.protocol, PROTOCOLS) ??
    wordFromEnvironment(signal, 'PROTOCOL', PROTOCOLS) ??
    guessedProtocol(given?.value);
  const compression =
    checkedWord('compression', options.compression, COMPRESSIONS) ??
    wordFromEnvironment(signal, 'COMPRESSION', COMPRESSIONS);
  const socketPath = given === undefined ? undefined : socketPathOf(given.value);
  const url = urlOf(socketPath === undefined ? given : ON_SOCKET, protocol, signal);
  return {
    protocol,
    url,
    socketPath,
    place: socketPath === undefined ? url.host : socketPath.replace('\0', '@'),
    headers: headersOf(options, signal),
    timeoutMs: checkedMs('timeoutMs', options.timeoutMs) ?? timeoutFromEnvironment(signal) ?? 10_000,
    gzip: compression === 'gzip',
    tls: resolveTls(options.tls, signal),
    retryInitialDelayMs: checkedMs('retryInitialDelayMs', options.retryInitialDelayMs) ?? 1_000,
    retryMaxDelayMs: checkedMs('retryMaxDelayMs', options.retryMaxDelayMs) ?? 30_000,
  };
}

/** An endpoint with where it came from; `whole` ones are not appended to. */
interface GivenEndpoint {
  readonly name: string;
  readonly value: string;
  readonly whole: boolean;
}

/** Hosts mean nothing on a socket, but a request has to name one. */
const ON_SOCKET: GivenEndpoint = { name: 'the OTLP endpoint', value: 'http://localhost', whole: false };

/** `unix:///path`, `unix:/path`, and `unix:@name` for an abstract socket; undefined for what is on the network. */
function socketPathOf(endpoint: string): string | undefined {
  return /^unix:(?:\/\/)?([/@].+)$/i.exec(endpoint)?.[1]?.replace(/^@/, '\0');
}

function endpointOf(options: OtlpOptions, signal: OtlpSignal): GivenEndpoint | undefined {
  if (options.url !== undefined) return { name: 'the OTLP url', value: options.url, whole: true };
  if (options.endpoint !== undefined) return { name: 'the OTLP endpoint', value: options.endpoint, whole: false };
  const own = variable(`OTEL_EXPORTER_OTLP_${signal.word}_ENDPOINT`);
  if (own !== undefined) return { ...own, whole: true };
  const common = variable('OTEL_EXPORTER_OTLP_ENDPOINT');
  return common === undefined ? undefined : { ...common, whole: false };
}

/** Also 14317 is gRPC: what ends so was made by adding to the standard port. */
function guessedProtocol(endpoint: string | undefined): OtlpProtocol {
  return endpoint !== undefined && /:\d*4317(?:[/?#]|$)/.test(endpoint) ? 'grpc' : 'http/protobuf';
}

function urlOf(given: GivenEndpoint | undefined, protocol: OtlpProtocol, signal: OtlpSignal): URL {
  if (protocol === 'grpc') {
    const url = parsed(given === undefined ? undefined : withScheme(given, signal), 'http://localhost:4317');
    url.pathname = signal.method;
    return url;
  }
  const url = parsed(given, 'http://localhost:4318');
  if (given?.whole !== true) url.pathname = `${url.pathname.replace(/\/$/, '')}/${signal.path}`;
  return url;
}

/** gRPC endpoints may lack the scheme; then they are secure unless the environment says otherwise. */
function withScheme(given: GivenEndpoint, signal: OtlpSignal): GivenEndpoint {
  if (given.value.includes('://')) return given;
  const insecure = fromEnvironment(signal, 'INSECURE')?.value.toLowerCase() === 'true';
  return { ...given, value: `${insecure ? 'http' : 'https'}://${given.value}` };
}

function parsed(given: GivenEndpoint | undefined, fallback: string): URL {
  if (given === undefined) return new URL(fallback);
  if (URL.canParse(given.value)) {
    const url = new URL(given.value);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  throw new BeylaError(
    'INVALID_OPTION',
    // It is not shown: it may hold a password.
    `${given.name} must be an http or https URL or a socket as unix:///path`,
  );
}

function headersOf(options: OtlpOptions, signal: OtlpSignal): Record<string, string> {
  // Specific ones win one by one, not as a whole.
  const headers: Record<string, string> = {
    ...parseKeyPairsIntoRecord(variable('OTEL_EXPORTER_OTLP_HEADERS')?.value),
    ...parseKeyPairsIntoRecord(variable(`OTEL_EXPORTER_OTLP_${signal.word}_HEADERS`)?.value),
    ...options.headers,
  };
  // HTTP/2 knows lower-case names only.
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function timeoutFromEnvironment(signal: OtlpSignal): number | undefined {
  const found = fromEnvironment(signal, 'TIMEOUT');
  if (found === undefined) return undefined;
  const value = Number(found.value);
  if (value > 0 && Number.isFinite(value)) return value;
  diag.warn(`${found.name} is \`${found.value}\`, not a number of milliseconds above 0; ignored`);
  return undefined;
}

function checkedMs(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (value > 0 && Number.isFinite(value))) return value;
  throw new BeylaError('INVALID_OPTION', `${name} must be a number of milliseconds above 0, not ${value}`);
}

function checkedWord<T extends string>(name: string, value: T | undefined, words: readonly T[]): T | undefined {
  if (value === undefined || words.includes(value)) return value;
  throw new BeylaError('INVALID_OPTION', `the OTLP ${name} must be one of ${words.join(', ')}, not \`${value}\``);
}
