import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { aProcess, aSpan } from '../../core/src/testing/span.ts';
import packageJson from '../package.json' with { type: 'json' };
import {
  errorType,
  metricAttributes,
  resourceAttributes,
  SCOPE,
  selectedMetricAttributes,
  spanAttributes,
  spanName,
  spanOutcome,
} from './attributes.ts';

describe('spanName()', () => {
  it('is method and route, never the path', () => {
    expect(spanName(aSpan({ method: 'GET', route: '/users/:id', path: '/users/7' }))).toBe('GET /users/:id');
    expect(spanName(aSpan({ method: 'GET', path: '/users/7' }))).toBe('GET');
    expect(spanName(aSpan({ method: 'PROPFIND', route: '/dav/*' }))).toBe('HTTP /dav/*');
    expect(spanName(aSpan({ method: 'get' }))).toBe('HTTP');
  });
});

describe('spanOutcome() and errorType()', () => {
  it.each([
    ['http.server', 200, undefined],
    ['http.server', 404, undefined],
    ['http.server', 499, undefined],
    ['http.server', 500, '500'],
    ['http.server', undefined, '_OTHER'],
    ['http.client', 304, undefined],
    ['http.client', 404, '404'],
    ['http.client', 503, '503'],
    ['http.client', undefined, '_OTHER'],
  ] as const)('%s with status %s has error.type %s', (kind, statusCode, type) => {
    const span = aSpan({ kind, statusCode });
    expect(errorType(span)).toBe(type);
    expect(spanOutcome(span)).toBe(type === undefined ? 'unset' : 'error');
  });

  it('lets what the protocol stage says win', () => {
    expect(errorType(aSpan({ statusCode: undefined, errorType: 'connection_closed' }))).toBe('connection_closed');
    expect(errorType(aSpan({ statusCode: 200, errorType: 'connection_closed' }))).toBe('connection_closed');
  });
});

describe('spanAttributes()', () => {
  it('describes a server span by the HTTP conventions', () => {
    const span = aSpan({
      method: 'POST',
      path: '/users/7',
      query: 'a=1&token=s3cret',
      route: '/users/:id',
      host: 'shop.example:8443',
      userAgent: 'curl/8',
      requestBodySize: 12,
      responseBodySize: 34,
      attributes: { 'shop.tenant': 'blue' },
    });
    expect(spanAttributes(span)).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'http.route': '/users/:id',
      'http.request.body.size': 12,
      'http.response.body.size': 34,
      'url.scheme': 'http',
      'url.path': '/users/7',
      'url.query': 'a=1&token=REDACTED',
      'server.address': 'shop.example',
      'server.port': 8443,
      'client.address': '10.0.0.2',
      'network.peer.address': '10.0.0.2',
      'network.peer.port': 50_000,
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl/8',
      'shop.tenant': 'blue',
    });
  });

  it('names the client that a proxy connects on behalf of, beside the proxy', () => {
    const span = aSpan({ client: { address: '192.0.2.1', port: 56_324 } });
    expect(spanAttributes(span)).toMatchObject({
      'client.address': '192.0.2.1',
      'client.port': 56_324,
      'network.peer.address': '10.0.0.2',
      'network.peer.port': 50_000,
    });
    expect(selectedMetricAttributes(span, 'h', new Set(['client.address']))).toEqual({ 'client.address': '192.0.2.1' });
  });

  it('describes a client span by the HTTP conventions', () => {
    const span = aSpan({
      kind: 'http.client',
      path: '/v1/pay',
      query: 'sig=1',
      host: 'pay.example',
      scheme: 'https',
      remote: { address: '192.0.2.9', port: 443 },
      statusCode: 402,
      requestBodySize: undefined,
      responseBodySize: undefined,
    });
    expect(spanAttributes(span)).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 402,
      'error.type': '402',
      'url.scheme': 'https',
      'url.full': 'https://pay.example/v1/pay?sig=REDACTED',
      'server.address': 'pay.example',
      'server.port': 443,
      'network.peer.address': '192.0.2.9',
      'network.peer.port': 443,
      'network.protocol.version': '1.1',
    });
  });

  it('keeps an unknown method beside _OTHER', () => {
    expect(spanAttributes(aSpan({ method: 'PURGE' }))).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PURGE',
    });
  });

  it('leaves out what is not known', () => {
    const attributes = spanAttributes(aSpan({ host: undefined, statusCode: undefined, requestBodySize: undefined }));
    expect(attributes).toMatchObject({ 'server.address': '10.0.0.1', 'server.port': 8080, 'error.type': '_OTHER' });
    for (const name of [
      'http.response.status_code',
      'http.request.body.size',
      'http.route',
      'url.query',
      'user_agent.original',
    ]) {
      expect(attributes).not.toHaveProperty([name]);
    }
  });

  it('says nothing of a method and a path that could not be read', () => {
    const span = aSpan({ method: '', path: '', protocolVersion: '2' });
    const names = Object.keys(spanAttributes(span));
    for (const name of ['http.request.method', 'http.request.method_original', 'url.path'])
      expect(names).not.toContain(name);
    expect(metricAttributes(span, 'h')).not.toHaveProperty(['http.request.method']);
    expect(spanAttributes(aSpan({ kind: 'http.client', path: '' }))).not.toHaveProperty(['url.full']);
    expect(spanName(span)).toBe('HTTP');
  });

  it('says unix for a Unix socket, without ports', () => {
    const local = { address: '/run/shop.sock', port: 0, transport: 'unix' } as const;
    const remote = { address: '', port: 0, transport: 'unix' } as const;
    const attributes = spanAttributes(aSpan({ host: undefined, local, remote }));
    expect(attributes).toMatchObject({ 'network.transport': 'unix', 'server.address': '/run/shop.sock' });
    expect(attributes).not.toHaveProperty(['server.port']);
    expect(attributes).not.toHaveProperty(['client.address']);
  });

  it('leaves out the transport, address and port of a peer that is not known', () => {
    const unknown = { address: '', port: 0 };
    const names = Object.keys(spanAttributes(aSpan({ host: undefined, local: unknown, remote: unknown })));
    for (const name of ['network.transport', 'network.peer.address', 'network.peer.port', 'client.address'])
      expect(names).not.toContain(name);
    expect(names).not.toContain('server.address');
  });

  it.each([
    ['/a', undefined, { address: '192.0.2.9', port: 81 }, 'http://192.0.2.9:81/a'],
    ['/a', undefined, { address: '2001:db8::9', port: 81 }, 'http://[2001:db8::9]:81/a'],
    [
      'http://me:pw@shop.example/a',
      'shop.example',
      { address: '10.0.0.9', port: 3128 },
      'http://REDACTED:REDACTED@shop.example/a',
    ],
    ['*', 'shop.example', { address: '10.0.0.9', port: 80 }, undefined],
    ['shop.example:443', 'shop.example', { address: '10.0.0.9', port: 80 }, undefined],
    ['/a', undefined, { address: '/run/shop.sock', port: 0, transport: 'unix' } as const, undefined],
  ])('url.full of target %s with host %s at %j is right', (path, host, remote, url) => {
    expect(spanAttributes(aSpan({ kind: 'http.client', path, host, remote }))['url.full']).toBe(url);
  });
});

describe('metricAttributes()', () => {
  it('takes nothing from what a client of an observed server chooses, but method and route', () => {
    const span = aSpan({
      method: 'GETX',
      host: 'random-7f3a.example:1',
      path: '/x/7f3a',
      userAgent: '7f3a',
      route: '/**',
    });
    expect(metricAttributes(span, 'node-1')).toEqual({
      'http.request.method': '_OTHER',
      'http.response.status_code': 200,
      'http.route': '/**',
      'url.scheme': 'http',
      'server.address': 'node-1',
      'server.port': 8080,
    });
  });

  it('names the server that an observed client asked for', () => {
    const span = aSpan({ kind: 'http.client', host: '[::1]:9090', statusCode: 500 });
    expect(metricAttributes(span, 'node-1')).toMatchObject({
      'server.address': '::1',
      'server.port': 9090,
      'error.type': '500',
    });
  });
});

describe('resourceAttributes()', () => {
  it('names service, host and distribution, and lets the process win', () => {
    const process = aProcess({
      service: { name: 'shop', namespace: 'prod', instanceId: 'h:42' },
      resource: { 'k8s.pod.name': 'shop-0', 'host.name': 'node-1' },
    });
    expect(resourceAttributes(process)).toEqual({
      'service.name': 'shop',
      'service.namespace': 'prod',
      'service.instance.id': 'h:42',
      'telemetry.sdk.name': 'beyla',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': packageJson.version,
      'telemetry.distro.name': 'beyla-for-node',
      'telemetry.distro.version': packageJson.version,
      'host.name': 'node-1',
      'os.type': 'linux',
      'process.pid': 42,
      'k8s.pod.name': 'shop-0',
    });
    const plain = resourceAttributes(aProcess());
    expect(plain['host.name']).toBe(hostname());
    expect(plain).not.toHaveProperty(['service.namespace']);
  });

  it('carries the version of the package in the scope', () => {
    expect(SCOPE.version).toBe(packageJson.version);
  });
});
