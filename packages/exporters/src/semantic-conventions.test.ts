import { diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aGrpcSpan, aSpan } from '../../core/src/testing/span.ts';
import { spanAttributes } from './attributes.ts';
import { RedMetrics } from './red-metrics.ts';
import { resolveSemanticConventions, type SemanticConventionsOptions } from './semantic-conventions.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const OLD_HTTP = [
  'http.server.duration',
  'http.server.request.size',
  'http.client.duration',
  'http.client.request.size',
];

/** Names of all durations, and of what is old. */
function metricNames(semanticConventions?: SemanticConventionsOptions): string[] {
  const metrics = new RedMetrics(semanticConventions === undefined ? {} : { semanticConventions });
  metrics.record([aSpan(), aSpan({ kind: 'http.client' }), aGrpcSpan(), aGrpcSpan({ kind: 'grpc.client' })]);
  const names = metrics.services().flatMap((service) => service.snapshot().map(({ name }) => name));
  return names.filter((name) => name.startsWith('rpc.') || OLD_HTTP.includes(name));
}

describe('semantic conventions', () => {
  const OLD_RPC = ['rpc.server.duration', 'rpc.client.duration'];
  const STABLE_RPC = ['rpc.server.call.duration', 'rpc.client.call.duration'];

  it.each([
    ['', OLD_RPC],
    ['http', OLD_RPC],
    ['http/dup', [...OLD_HTTP, ...OLD_RPC]],
    ['rpc', STABLE_RPC],
    ['rpc/dup', [...OLD_RPC, ...STABLE_RPC]],
    ['rpc, rpc/dup', [...OLD_RPC, ...STABLE_RPC]],
    ['database, RPC ,http', STABLE_RPC],
    ['http/dup,rpc', [...OLD_HTTP, ...STABLE_RPC]],
  ])('OTEL_SEMCONV_STABILITY_OPT_IN=%j gives the metrics %j', (value, names) => {
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', value);
    expect(metricNames().sort()).toEqual([...names].sort());
  });

  it('options win over the variable', () => {
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'rpc,http/dup');
    expect(metricNames({ rpc: 'old', http: 'stable' })).toEqual(['rpc.server.duration', 'rpc.client.duration']);
  });

  it('a word that is none of http and rpc is warned of, words of other categories are not', () => {
    const warn = vi.spyOn(diag, 'warn').mockImplementation(() => undefined);
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'rpc/both,messaging,database/dup');
    expect(resolveSemanticConventions()).toEqual({ hasOldHttp: false, hasOldRpc: true, hasStableRpc: false });
    expect(warn.mock.calls).toEqual([[expect.stringContaining('rpc/both')]]);
  });

  it.each([
    [{ rpc: 'new' }, 'INVALID_OPTION'],
    [{ http: 'old' }, 'INVALID_OPTION'],
    [{ grpc: 'old' }, 'UNKNOWN_OPTION'],
  ])('refuses %j with %s', (options, code) => {
    expect(() => resolveSemanticConventions(options as SemanticConventionsOptions)).toThrowError(
      expect.objectContaining({ code }),
    );
  });

  it('old attributes of HTTP stand beside the stable ones', () => {
    const conventions = resolveSemanticConventions({ http: 'both' });
    const server = spanAttributes(aSpan({ path: '/a', query: 'token=x', scheme: 'https' }), conventions);
    expect(server).toMatchObject({
      'http.request.method': 'GET',
      'http.method': 'GET',
      'http.status_code': 200,
      'http.scheme': 'https',
      'http.target': '/a?token=REDACTED',
      'http.client_ip': '10.0.0.2',
      'net.host.name': 'shop.example',
      'net.host.port': 8080,
      'net.sock.peer.addr': '10.0.0.2',
      'http.response_content_length': 100,
    });
    const client = spanAttributes(aSpan({ kind: 'http.client', path: '/a' }), conventions);
    expect(client).toMatchObject({ 'http.url': 'http://shop.example/a', 'net.peer.name': 'shop.example' });
    expect(client).not.toHaveProperty(['http.target']);
  });
});
