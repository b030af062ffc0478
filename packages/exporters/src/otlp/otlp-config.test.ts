import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OtlpOptions } from './options.ts';
import { resolveOtlpConfig } from './otlp-config.ts';
import { METRICS, TRACES } from './signal.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function resolved(options: OtlpOptions): string {
  const { protocol, url } = resolveOtlpConfig(options, TRACES);
  return `${protocol} ${url.href}`;
}

const GRPC = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

describe('resolveOtlpConfig', () => {
  it.each<[OtlpOptions, string]>([
    [{}, 'http/protobuf http://localhost:4318/v1/traces'],
    [{ protocol: 'grpc' }, `grpc http://localhost:4317${GRPC}`],
    [{ endpoint: 'http://a:4317' }, `grpc http://a:4317${GRPC}`],
    [{ endpoint: 'https://a:14317/' }, `grpc https://a:14317${GRPC}`],
    [{ endpoint: 'http://a:24318' }, 'http/protobuf http://a:24318/v1/traces'],
    [{ endpoint: 'https://a/otlp' }, 'http/protobuf https://a/otlp/v1/traces'],
    [{ endpoint: 'https://a/otlp/4317' }, 'http/protobuf https://a/otlp/4317/v1/traces'],
    [{ endpoint: 'http://a:4317', protocol: 'http/json' }, 'http/json http://a:4317/v1/traces'],
    [{ url: 'http://a:4318/mine?x=1' }, 'http/protobuf http://a:4318/mine?x=1'],
    [{ endpoint: 'a:4317' }, `grpc https://a:4317${GRPC}`],
    [{ endpoint: 'unix:///run/otel.sock' }, 'http/protobuf http://localhost/v1/traces'],
    [{ endpoint: 'unix:@otel', protocol: 'grpc' }, `grpc http://localhost${GRPC}`],
    [{ protocol: 'debug' }, 'debug http://localhost:4318/v1/traces'],
  ])('%j goes to %s', (options, expected) => {
    expect(resolved(options)).toBe(expected);
  });

  it('prefers the variables of the signal, whose endpoint is used as it is', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://common:4317');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '500');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'a=1,b=2');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://own/t');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'b=3');
    const traces = resolveOtlpConfig({ headers: { C: '4' } }, TRACES);
    expect(traces).toMatchObject({ protocol: 'http/protobuf', timeoutMs: 500, headers: { a: '1', b: '3', c: '4' } });
    expect(traces.url.href).toBe('http://own/t');
    const metrics = resolveOtlpConfig({}, METRICS);
    expect(metrics).toMatchObject({ protocol: 'http/json', headers: { a: '1', b: '2' } });
    expect(metrics.url.href).toBe('http://common:4317/v1/metrics');
  });

  it('a gRPC endpoint without scheme is plain where the environment says insecure', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_INSECURE', 'true');
    expect(resolved({ endpoint: 'a:4317' })).toBe(`grpc http://a:4317${GRPC}`);
  });

  it('words and numbers of the environment that only others understand do not stop it', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'thrift');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', 'soon');
    expect(resolveOtlpConfig({}, TRACES)).toMatchObject({ protocol: 'http/protobuf', gzip: false, timeoutMs: 10_000 });
  });
});
