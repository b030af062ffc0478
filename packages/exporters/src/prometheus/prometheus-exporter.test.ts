import { get, type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess, aSpan } from '../../../core/src/testing/span.ts';
import { PrometheusExporter, type PrometheusExporterOptions } from './prometheus-exporter.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

async function started(options: PrometheusExporterOptions = {}): Promise<PrometheusExporter> {
  const exporter = new PrometheusExporter({ host: '127.0.0.1', port: 0, ...options });
  opened.push(exporter);
  await exporter.start();
  return exporter;
}

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function fetchPage(port: number | undefined, path = '/metrics', headers = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('PrometheusExporter', () => {
  it('serves what was exported: count, sum and buckets agree with the spans', async () => {
    const exporter = await started();
    const spans = Array.from({ length: 50 }, (_, i) =>
      aSpan({ route: i % 2 === 0 ? '/even' : '/odd', responseBodySize: i }),
    );
    exporter.export(spans);
    const { status, headers, body } = await fetchPage(exporter.port);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { samples, types } = parseTextFormat(body.toString());
    expect(types.get('http_server_request_duration_seconds')).toBe('histogram');
    const even = (name: string): number[] =>
      samples.filter((one) => one.name === name && one.labels['http_route'] === '/even').map((one) => one.value);
    expect(even('http_server_request_duration_seconds_count')).toEqual([25]);
    expect(even('http_server_request_duration_seconds_sum')[0]).toBeCloseTo(0.25, 9);
    expect(even('http_server_response_body_size_bytes_sum')).toEqual([600]);
    const buckets = even('http_server_request_duration_seconds_bucket');
    expect(buckets).toEqual([0, ...Array.from({ length: 14 }, () => 25)]);
    expect(exporter.stats()).toMatchObject({ recorded: 50, scrapes: 1 });
  });

  it('knows a process before its first request', async () => {
    const exporter = await started();
    exporter.processStarted(aProcess());
    const { samples } = parseTextFormat((await fetchPage(exporter.port)).body.toString());
    expect(samples).toMatchObject([
      { name: 'target_info', labels: { service_name: 'shop', process_pid: '42' } },
      { name: 'beyla_build_info', labels: { target_lang: 'nodejs' } },
    ]);
  });

  it('compresses for those who accept gzip', async () => {
    const exporter = await started();
    exporter.export([aSpan()]);
    const plain = await fetchPage(exporter.port);
    const zipped = await fetchPage(exporter.port, '/metrics', { 'accept-encoding': 'gzip' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    expect(zipped.body.length).toBeLessThan(plain.body.length / 3);
  });

  it('speaks OpenMetrics to those who ask for it', async () => {
    const exporter = await started();
    exporter.export([aSpan()]);
    const { headers, body } = await fetchPage(exporter.port, '/metrics', {
      accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(headers.vary).toBe('accept, accept-encoding');
    expect(body.toString()).toMatch(
      / # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} 0\.01 \d+.*\n[\s\S]*\n# EOF\n$/,
    );
  });

  it('shows its page only to those who know name and password, and counts the others', async () => {
    const exporter = await started({ basicAuth: { username: 'prom', password: 'se:cret' } });
    const as = (text: string): { authorization: string } => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    expect((await fetchPage(exporter.port, '/metrics', as('prom:se:cret'))).status).toBe(200);
    const strangers = [
      {},
      as('prom:se'),
      as('prom'),
      as(''),
      { authorization: 'Basic' },
      { authorization: 'Bearer x' },
    ];
    for (const headers of strangers) {
      const { status, headers: answer } = await fetchPage(exporter.port, '/metrics', headers);
      expect(status).toBe(401);
      expect(answer['www-authenticate']).toMatch(/^Basic realm=/);
    }
    expect((await fetchPage(exporter.port, '/elsewhere')).status).toBe(401);
    expect(exporter.stats()).toMatchObject({ scrapes: 1, refused_scrapes: strangers.length + 1 });
    const name = { basicAuth: { username: 'a:b', password: '' } };
    expect(() => new PrometheusExporter(name)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  it('refuses a certificate that is none', () => {
    const options = { tls: { cert: 'no certificate', key: 'no key' } };
    expect(() => new PrometheusExporter(options)).toThrowError(/^prometheus tls: /);
  });

  it('serves the internal page on the same port once it has something to tell of', async () => {
    const exporter = await started();
    expect((await fetchPage(exporter.port, '/internal/metrics')).status).toBe(404);
    const pipeline = { spansIn: 1, spansOut: 1, processorErrors: 0, exporterErrors: 0, dropped: {}, exporters: {} };
    const stats = { source: {}, cost: undefined, interpreter: {}, discovery: {}, pipeline, drops: {} };
    exporter.serveInternal({ stats: () => stats, processes: [] });
    await fetchPage(exporter.port);
    const { samples } = parseTextFormat((await fetchPage(exporter.port, '/internal/metrics')).body.toString());
    const requests = samples.filter(({ name }) => name === 'beyla_prometheus_http_requests_total');
    expect(requests.map(({ labels, value }) => [labels['path'], value])).toEqual([
      ['/metrics', 1],
      ['/internal/metrics', 1],
    ]);
    expect(exporter.stats()).toMatchObject({ scrapes: 1 });
  });

  it('answers other paths and methods without a page', async () => {
    const exporter = await started({ path: '/internal/metrics' });
    expect((await fetchPage(exporter.port, '/metrics')).status).toBe(404);
    expect((await fetchPage(exporter.port, '/internal/metrics', {}, 'POST')).status).toBe(405);
    const head = await fetchPage(exporter.port, '/internal/metrics?x=1', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('says which port is in use', async () => {
    const exporter = await started();
    const second = new PrometheusExporter({ host: '127.0.0.1', port: exporter.port as number });
    await expect(second.start()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${exporter.port}`),
    });
    expect(second.health().status).toBe('closed');
  });

  it('refuses an address that is not ours, an impossible port and a relative path', async () => {
    const elsewhere = new PrometheusExporter({ host: '192.0.2.1', port: 0 });
    await expect(elsewhere.start()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    for (const options of [{ port: 65_536 }, { port: -1 }, { port: 1.5 }, { path: 'metrics' }]) {
      expect(() => new PrometheusExporter(options)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });

  it('close() ends idle and half-sent connections at once and frees the port', async () => {
    const exporter = new PrometheusExporter({ host: '127.0.0.1', port: 0 });
    await exporter.start();
    const { port } = exporter;
    const connection = get({ host: '127.0.0.1', port, path: '/metrics', headers: { connection: 'keep-alive' } });
    const halfSent = request({ host: '127.0.0.1', port, path: '/metrics', method: 'POST' });
    const ended = new Promise((resolve) => halfSent.on('error', resolve));
    halfSent.flushHeaders();
    await new Promise((resolve) => connection.on('response', (response) => response.resume().on('end', resolve)));
    await exporter.close();
    await ended;
    connection.destroy();
    expect(exporter.port).toBeUndefined();
    const probe = createServer();
    await new Promise<void>((resolve, reject) => probe.on('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => probe.close(resolve));
  });

  it('lets the event loop turn while it writes a page of thousands of series', async () => {
    const exporter = await started();
    for (let i = 0; i < 1_500; i += 1) exporter.export([aSpan({ route: `/${i}` })]);
    let longestMs = 0;
    const begin = performance.now();
    let last = begin;
    const ticker = setInterval(() => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      last = now;
    }, 1);
    const { body } = await fetchPage(exporter.port);
    clearInterval(ticker);
    const totalMs = performance.now() - begin;
    expect(body.length).toBeGreaterThan(10_000_000);
    expect(parseTextFormat(body.toString()).samples).toHaveLength(2 + 1_500 * (17 + 13 + 13));
    // A ratio, because a busy machine makes everything slow: a page written at once fails this.
    expect(longestMs).toBeLessThan(totalMs / 4);
    // Reading 14 MB strictly takes long on a busy machine.
  }, 30_000);

  it('counts a scraper that goes away in the middle, and serves the next', async () => {
    const exporter = await started();
    for (let i = 0; i < 1_500; i += 1) exporter.export([aSpan({ route: `/${i}` })]);
    const leaving = get({ host: '127.0.0.1', port: exporter.port, path: '/metrics', agent: false });
    leaving.on('error', () => undefined);
    await new Promise<void>((resolve) => leaving.on('response', (response) => response.once('data', () => resolve())));
    leaving.destroy();
    await vi.waitFor(() => expect(exporter.stats()).toMatchObject({ failed_scrapes: 1 }));
    expect((await fetchPage(exporter.port)).status).toBe(200);
  });

  it('says in health that the overflow series is in use', async () => {
    const exporter = await started({ maxSeries: 1 });
    expect(exporter.health()).toEqual({ status: 'healthy', messages: [] });
    exporter.export([aSpan({ route: '/a' }), aSpan({ route: '/b' })]);
    expect(exporter.health()).toMatchObject({ status: 'degraded', messages: [expect.stringContaining('maxSeries')] });
  });
});
