import { hostname } from 'node:os';
import type { HttpSpanFields, ProcessInfo, RequestSpan } from '@beyla/core';
import { authorityFromHost, hostInUrl } from './authority.ts';
import { redactQuery, redactUserInfo } from './redact.ts';
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

/** `{method} {route}`, or `{method}` without a route; never the path (HTTP semantic conventions, span name). */
export function spanName(span: RequestSpan): string {
  const method = KNOWN_METHODS.has(span.method) ? span.method : 'HTTP';
  return span.route === undefined ? method : `${method} ${span.route}`;
}

/**
 * `error.type`: what the protocol stage says, else the status code where it is a failure of this side (server 5xx, client 4xx
 * and 5xx), else `_OTHER` where no response came; undefined on success.
 */
export function errorType(span: RequestSpan): string | undefined {
  if (span.errorType !== undefined) return span.errorType;
  if (span.statusCode === undefined) return '_OTHER';
  const lowestFailure = span.kind === 'http.server' ? 500 : 400;
  return span.statusCode >= lowestFailure ? String(span.statusCode) : undefined;
}

/** Error exactly where `error.type` is set (HTTP semantic conventions, status). */
export function spanOutcome(span: RequestSpan): SpanOutcome {
  return errorType(span) === undefined ? 'unset' : 'error';
}

/** Attributes of a trace span; those that decorators and processors added come last and win. */
export function spanAttributes(span: RequestSpan): AttributeSet {
  const attributes: AttributeSet = {
    'http.request.method': methodAttribute(span.method),
    'url.scheme': span.scheme,
    'network.protocol.version': span.protocolVersion,
    'network.peer.address': span.remote.address,
  };
  if (!KNOWN_METHODS.has(span.method)) attributes['http.request.method_original'] = span.method;
  if (span.statusCode !== undefined) attributes['http.response.status_code'] = span.statusCode;
  if (span.route !== undefined) attributes['http.route'] = span.route;
  if (span.remote.port !== 0) attributes['network.peer.port'] = span.remote.port;
  else attributes['network.transport'] = 'unix';
  if (span.requestBodySize !== undefined) attributes['http.request.body.size'] = span.requestBodySize;
  if (span.responseBodySize !== undefined) attributes['http.response.body.size'] = span.responseBodySize;
  const error = errorType(span);
  if (error !== undefined) attributes['error.type'] = error;
  if (span.kind === 'http.server') addServerSpanAttributes(attributes, span);
  else addClientSpanAttributes(attributes, span);
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
  const attributes: AttributeSet = {
    'http.request.method': methodAttribute(span.method),
    'url.scheme': span.scheme,
  };
  if (span.statusCode !== undefined) attributes['http.response.status_code'] = span.statusCode;
  if (span.route !== undefined) attributes['http.route'] = span.route;
  const error = errorType(span);
  if (error !== undefined) attributes['error.type'] = error;
  if (span.kind === 'http.server') setServer(attributes, observedHost, span.local.port);
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
  known['url.path'] = span.path;
  if (span.kind === 'http.server' && span.remote.address !== '') known['client.address'] = span.remote.address;
  return Object.fromEntries(Object.entries(known).filter(([name]) => selected.has(name)));
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

function addServerSpanAttributes(attributes: AttributeSet, span: HttpSpanFields): void {
  attributes['url.path'] = span.path;
  if (span.query !== undefined) attributes['url.query'] = redactQuery(span.query);
  if (span.remote.address !== '') attributes['client.address'] = span.remote.address;
  if (span.userAgent !== undefined) attributes['user_agent.original'] = span.userAgent;
  const authority = span.host === undefined ? undefined : authorityFromHost(span.host);
  setServer(attributes, authority?.address ?? span.local.address, authority?.port ?? span.local.port);
}

function addClientSpanAttributes(attributes: AttributeSet, span: HttpSpanFields): void {
  addClientServer(attributes, span);
  const url = fullUrl(span);
  if (url !== undefined) attributes['url.full'] = url;
}

/** The server as the URL of the request names it; a `Host` without a port means the scheme's own (RFC 9110 §4.2). */
function addClientServer(attributes: AttributeSet, span: HttpSpanFields): void {
  const authority = span.host === undefined ? undefined : authorityFromHost(span.host);
  if (authority === undefined) setServer(attributes, span.remote.address, span.remote.port);
  else setServer(attributes, authority.address, authority.port ?? (span.scheme === 'https' ? 443 : 80));
}

function setServer(attributes: AttributeSet, address: string, port: number): void {
  attributes['server.address'] = address;
  if (port !== 0) attributes['server.port'] = port;
}

/** Undefined for targets that name no resource (`*`, the authority form of CONNECT) and where no host is known. */
function fullUrl(span: HttpSpanFields): string | undefined {
  const query = span.query === undefined ? '' : `?${redactQuery(span.query)}`;
  if (span.path.startsWith('/')) {
    const host = span.host ?? (span.remote.port === 0 ? '' : `${hostInUrl(span.remote.address)}:${span.remote.port}`);
    return host === '' ? undefined : `${span.scheme}://${host}${span.path}${query}`;
  }
  return span.path.includes('://') ? redactUserInfo(`${span.path}${query}`) : undefined;
}
