import { hostname } from 'node:os';
import {
  type GrpcRequestSpan,
  type HttpRequestSpan,
  isGrpcSpan,
  isServerSpan,
  type ProcessInfo,
  type RequestSpan,
} from '@beyla/core';
import { authorityFromHost, hostInUrl } from './authority.ts';
import { grpcErrorType, grpcMethod, grpcStatusName } from './grpc.ts';
import { addOldHttpAttributes } from './old-http-attributes.ts';
import { type RedactQuery, redactQuery, redactUserInfo } from './redact.ts';
import { DEFAULT_CONVENTIONS, type SemanticConventions } from './semantic-conventions.ts';
import { VERSION } from './version.ts';

/**
 * Attributes as OpenTelemetry knows them, of the types this package uses.
 *
 * @public
 */
export type AttributeSet = Record<string, string | number | boolean>;

/** Instrumentation scope of everything that is exported. */
export const SCOPE: { readonly name: string; readonly version: string } = { name: 'beyla-for-node', version: VERSION };

/** What a span is to OpenTelemetry: `error` is the status code Error, else Unset. */
export type SpanOutcome = 'unset' | 'error';

/** Mark of the one series that takes what is over the cap (OpenTelemetry metrics SDK, cardinality limits). */
export const OVERFLOW_ATTRIBUTES: Readonly<AttributeSet> = { 'otel.metric.overflow': true };

/** RFC 9110 §9 and PATCH (RFC 5789): the methods the semantic conventions know. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set(
  'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH'.split(' '),
);

/** `http.request.method`: methods are case-sensitive, so `get` is `_OTHER`, too. */
function methodAttribute(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER';
}

/**
 * `{method} {route}`, or `{method}` without a route; never the path (HTTP semantic conventions, span name). A gRPC call's is
 * `package.Service/Method`, or `grpc` where that is not known (RPC semantic conventions, name).
 */
export function spanName(span: RequestSpan): string {
  if (isGrpcSpan(span)) return grpcMethod(span) ?? 'grpc';
  const method = KNOWN_METHODS.has(span.method) ? span.method : 'HTTP';
  return span.route === undefined ? method : `${method} ${span.route}`;
}

/**
 * `error.type`: what the protocol stage says, else the status code where it is a failure of this side (server 5xx, client 4xx
 * and 5xx), else `_OTHER` where no response came; undefined on success. For gRPC see `grpcErrorType`.
 */
export function errorType(span: RequestSpan): string | undefined {
  if (isGrpcSpan(span)) return grpcErrorType(span);
  if (span.errorType !== undefined) return span.errorType;
  if (span.statusCode === undefined) return '_OTHER';
  const lowestFailure = span.kind === 'http.server' ? 500 : 400;
  return span.statusCode >= lowestFailure ? String(span.statusCode) : undefined;
}

/** Error exactly where `error.type` is set (HTTP and RPC semantic conventions, status). */
export function spanOutcome(span: RequestSpan): SpanOutcome {
  return errorType(span) === undefined ? 'unset' : 'error';
}

/** Attributes of a trace span; those that decorators and processors added come last and win. */
export function spanAttributes(
  span: RequestSpan,
  conventions: SemanticConventions = DEFAULT_CONVENTIONS,
  redact: RedactQuery = redactQuery,
): AttributeSet {
  const attributes: AttributeSet = isGrpcSpan(span) ? grpcAttributes(span, conventions) : httpAttributes(span);
  if (span.protocolVersion !== '') attributes['network.protocol.version'] = span.protocolVersion;
  if (span.remote.address !== '') attributes['network.peer.address'] = span.remote.address;
  if (span.remote.port !== 0) attributes['network.peer.port'] = span.remote.port;
  if (span.remote.transport === 'unix') attributes['network.transport'] = 'unix';
  if (isServerSpan(span)) addServerSpanAttributes(attributes, span);
  else addClientServer(attributes, span);
  if (span.kind === 'http.server') addRequestTarget(attributes, span, redact);
  else if (span.kind === 'http.client') addFullUrl(attributes, span, redact);
  if (conventions.hasOldHttp && !isGrpcSpan(span)) addOldHttpAttributes(attributes, span.kind);
  return span.attributes === undefined ? attributes : Object.assign(attributes, span.attributes);
}

/**
 * Attributes of a metric series: of bounded number as far as the observed side decides.
 *
 * A server's `server.address` is the name of the host that is observed and its `server.port` the port of the socket, never
 * the `Host` header, which whoever sends requests could fill with as many names as they like. A client's are those
 * that the observed program itself asked for.
 */
export function metricAttributes(span: RequestSpan, observedHost: string): AttributeSet {
  const attributes = isGrpcSpan(span) ? grpcAttributes(span, ALL_RPC) : httpMetricAttributes(span);
  if (isServerSpan(span)) setServer(attributes, observedHost, span.local.port);
  else addClientServer(attributes, span);
  return attributes;
}

/** Those of the attributes that a metric can have which are wanted. */
export function selectedMetricAttributes(
  span: RequestSpan,
  observedHost: string,
  selected: ReadonlySet<string>,
): AttributeSet {
  const known = metricAttributes(span, observedHost);
  if (!isGrpcSpan(span) && span.path !== '') known['url.path'] = span.path;
  const client = span.client ?? span.remote;
  if (isServerSpan(span) && client.address !== '') known['client.address'] = client.address;
  const attributes: AttributeSet = {};
  for (const name in known) if (selected.has(name)) attributes[name] = known[name] as AttributeSet[string];
  return attributes;
}

/** Attributes of the resource: one per process life. Those of the process (user, Kubernetes) come last and win. */
export function resourceAttributes(process: ProcessInfo): AttributeSet {
  const attributes: AttributeSet = {
    'service.name': process.service.name,
    'service.instance.id': process.service.instanceId,
    'telemetry.sdk.name': 'beyla',
    'telemetry.sdk.language': process.language,
    'telemetry.sdk.version': VERSION,
    'telemetry.distro.name': SCOPE.name,
    'telemetry.distro.version': VERSION,
    'host.name': hostname(),
    'os.type': 'linux',
    'process.pid': process.pid,
  };
  if (process.service.namespace !== '') attributes['service.namespace'] = process.service.namespace;
  return Object.assign(attributes, process.resource);
}

/** Metrics select what they have of both. */
const ALL_RPC: SemanticConventions = { hasOldHttp: false, hasOldRpc: true, hasStableRpc: true };

function httpMetricAttributes(span: HttpRequestSpan): AttributeSet {
  const attributes: AttributeSet = {};
  if (span.method !== '') attributes['http.request.method'] = methodAttribute(span.method);
  attributes['url.scheme'] = span.scheme;
  if (span.statusCode !== undefined) attributes['http.response.status_code'] = span.statusCode;
  if (span.route !== undefined) attributes['http.route'] = span.route;
  setError(attributes, span);
  return attributes;
}

function httpAttributes(span: HttpRequestSpan): AttributeSet {
  const attributes = httpMetricAttributes(span);
  if (span.method !== '' && !KNOWN_METHODS.has(span.method)) attributes['http.request.method_original'] = span.method;
  if (span.requestBodySize !== undefined) attributes['http.request.body.size'] = span.requestBodySize;
  if (span.responseBodySize !== undefined) attributes['http.response.body.size'] = span.responseBodySize;
  return attributes;
}

function grpcAttributes(span: GrpcRequestSpan, { hasOldRpc, hasStableRpc }: SemanticConventions): AttributeSet {
  const attributes: AttributeSet = {};
  if (hasOldRpc) attributes['rpc.system'] = 'grpc';
  if (hasStableRpc) attributes['rpc.system.name'] = 'grpc';
  const method = grpcMethod(span);
  if (method !== undefined) attributes['rpc.method'] = method;
  if (span.grpcStatus !== undefined) {
    if (hasOldRpc) attributes['rpc.grpc.status_code'] = span.grpcStatus;
    if (hasStableRpc) attributes['rpc.response.status_code'] = grpcStatusName(span.grpcStatus);
  }
  setError(attributes, span);
  return attributes;
}

function setError(attributes: AttributeSet, span: RequestSpan): void {
  const error = errorType(span);
  if (error !== undefined) attributes['error.type'] = error;
}

function addServerSpanAttributes(attributes: AttributeSet, span: RequestSpan): void {
  const { address } = span.client ?? span.remote;
  if (address !== '') attributes['client.address'] = address;
  // Of the other end itself it is `network.peer.port`.
  if (span.client !== undefined) attributes['client.port'] = span.client.port;
  if (span.userAgent !== undefined) attributes['user_agent.original'] = span.userAgent;
  const authority = span.host === undefined ? undefined : authorityFromHost(span.host);
  setServer(attributes, authority?.address ?? span.local.address, authority?.port ?? span.local.port);
}

function addRequestTarget(attributes: AttributeSet, span: HttpRequestSpan, redact: RedactQuery): void {
  if (span.path !== '') attributes['url.path'] = span.path;
  if (span.query !== undefined) attributes['url.query'] = redact(span.query);
}

function addFullUrl(attributes: AttributeSet, span: HttpRequestSpan, redact: RedactQuery): void {
  const url = fullUrl(span, redact);
  if (url !== undefined) attributes['url.full'] = url;
}

/**
 * The server as the URL of the request names it; a `Host` without a port means the scheme's own (RFC 9110 §4.2), but a gRPC authority
 * need not be where the call goes.
 */
function addClientServer(attributes: AttributeSet, span: RequestSpan): void {
  const authority = span.host === undefined ? undefined : authorityFromHost(span.host);
  if (authority === undefined) setServer(attributes, span.remote.address, span.remote.port);
  else setServer(attributes, authority.address, authority.port ?? impliedPort(span));
}

function impliedPort(span: RequestSpan): number {
  if (isGrpcSpan(span)) return span.remote.port;
  return span.scheme === 'https' ? 443 : 80;
}

function setServer(attributes: AttributeSet, address: string, port: number): void {
  if (address !== '') attributes['server.address'] = address;
  if (port !== 0) attributes['server.port'] = port;
}

/** Undefined for targets that name no resource (`*`, the authority form of CONNECT) and where no host is known. */
function fullUrl(span: HttpRequestSpan, redact: RedactQuery): string | undefined {
  const query = span.query === undefined ? '' : `?${redact(span.query)}`;
  if (span.path.startsWith('/')) {
    const host = span.host ?? (span.remote.port === 0 ? '' : `${hostInUrl(span.remote.address)}:${span.remote.port}`);
    return host === '' ? undefined : `${span.scheme}://${host}${span.path}${query}`;
  }
  return span.path.includes('://') ? redactUserInfo(`${span.path}${query}`) : undefined;
}
