import { describe, expect, it } from 'vitest';
import { type AttributeSelection, AttributeSelector } from './attribute-selection.ts';
import { metricsOf } from './metrics.ts';

const METRICS = metricsOf({ hasOldHttp: true, hasOldRpc: true, hasStableRpc: true });
const DURATION = 'http.server.request.duration';
const DEFAULTS = [
  'http.request.method',
  'url.scheme',
  'http.response.status_code',
  'http.route',
  'error.type',
  'server.address',
  'server.port',
];

function selected(select: AttributeSelection, metric = DURATION): readonly string[] {
  const definition = METRICS.find(({ name }) => name === metric);
  return definition === undefined ? [] : new AttributeSelector(select).attributesOf(definition);
}

describe('AttributeSelector', () => {
  it('has the defaults where no entry matches', () => {
    expect(selected({})).toEqual(DEFAULTS);
    expect(selected({ 'rpc.*': { include: ['*'] } })).toEqual(DEFAULTS);
  });

  it('an include replaces the defaults, an exclude takes away from them', () => {
    expect(selected({ '*': { include: ['http.route', 'url.path'] } })).toEqual(['http.route', 'url.path']);
    expect(selected({ '*': { exclude: ['server.*', 'error_type'] } })).toEqual(DEFAULTS.slice(0, 4));
  });

  it('`*` includes all that is known of the kind of metric', () => {
    const all = { '**': { include: ['*'] } };
    expect(selected(all)).toEqual([...DEFAULTS, 'url.path', 'client.address']);
    expect(selected(all, 'http.client.request.duration')).toEqual([...DEFAULTS, 'url.path']);
  });

  it('takes metric names in every spelling of theirs', () => {
    for (const key of [
      'http.server.request.duration',
      'http_server_request_duration',
      'http_server_request_duration_seconds',
      'http_server_request_duration_seconds_bucket',
      'http.server.*.duration',
    ]) {
      expect(selected({ [key]: { include: ['http_route'] } }), key).toEqual(['http.route']);
      expect(selected({ [key]: { include: ['http_route'] } }, 'http.server.request.body.size'), key).toEqual(DEFAULTS);
    }
  });

  it('a more specific entry adds to a general one or takes away from it, in whatever order they are written', () => {
    const general = { 'http_*': { include: ['*'], exclude: ['url_path', 'http_route'] } };
    const specific = { http_server_request_duration: { include: ['http_route'], exclude: ['client_*'] } };
    const expected = [...DEFAULTS];
    expect(selected({ ...general, ...specific })).toEqual(expected);
    expect(selected({ ...specific, ...general })).toEqual(expected);
  });

  it('ignores attributes that are not known, as those of Kubernetes where there is none', () => {
    expect(selected({ '*': { include: ['http.route', 'k8s.*'] } })).toEqual(['http.route']);
  });

  it('names the place of what is wrong', () => {
    expect(() => selected({ 'a{': {} })).toThrowError(expect.objectContaining({ code: 'INVALID_PATTERN' }));
    expect(() => selected({ a: { exclude: ['x['] } })).toThrowError(/select\.a\.exclude/);
    expect(() => selected({ a: { only: [] } as never })).toThrowError(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    expect(() => selected({ a: { include: 'x' as never } })).toThrowError(/select\.a\.include/);
  });
});
