import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createBeyla, type Exporter, type Health, type RequestSpan } from '@beyla/core';
import { OtlpTraceExporter, PrometheusExporter } from '@beyla/exporters';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { freePort, runNode, runPython } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const COUNT = /^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Requests by `service method status`, from the text of a scrape. */
function counted(text: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, labels = '', value] of text.matchAll(COUNT)) {
    const of = new Map([...labels.matchAll(LABEL)].map(([, name, label]) => [name, label]));
    const key = `${of.get('service_name')} ${of.get('http_request_method')} ${of.get('http_response_status_code')}`;
    counts[key] = (counts[key] ?? 0) + Number(value);
  }
  return counts;
}

describe('exporters', needsBpf, () => {
  it('a scrape of /metrics has as many requests as the clients sent, by service, method and status', async () => {
    const node = use(await runNode());
    const python = use(await runPython('python-server.py'));
    const port = await freePort();
    const exporter = new PrometheusExporter({ host: '127.0.0.1', port });
    const watching = use(await watch({ pids: [node.pid, python.pid], exporters: [exporter] }));
    const targets = ['GET /hello', 'POST /echo 100', 'GET /status/404', 'GET /status/500'];
    const apps = [
      { app: node, service: 'node-server' },
      { app: python, service: 'python-server' },
    ];
    const expected: Record<string, number> = {};
    for (const { app, service } of apps) {
      for (const { method, status } of await sendLoad({ port: app.port, targets, connections: 4, requests: 100 })) {
        const key = `${service} ${method} ${status}`;
        expected[key] = (expected[key] ?? 0) + 1;
      }
    }
    await watching.settled(800);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(counted(await response.text())).toEqual(expected);
  });
});

const RECORDING = fileURLToPath(new URL('../../examples/demo/recording.beyla', import.meta.url));

/** Takes everything and never comes to an end. */
class Stuck implements Exporter {
  readonly name = 'stuck';
  taken = 0;

  async start(): Promise<void> {}

  export(spans: readonly RequestSpan[]): void {
    this.taken += spans.length;
  }

  flush(): Promise<void> {
    return new Promise(() => undefined);
  }

  close(): Promise<void> {
    return new Promise(() => undefined);
  }

  stats(): Record<string, number> {
    return {};
  }

  health(): Health {
    return { status: 'healthy', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return {};
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

describe('the end', () => {
  it('waits for exporters that never end as long as shutdownTimeoutMs says, and no longer', async () => {
    const stuck = new Stuck();
    const options = { discovery: { instrument: [] }, replayFrom: RECORDING, shutdownTimeoutMs: 400 };
    const beyla = await createBeyla({ ...options, exporters: [stuck] });
    await beyla.finished;
    const startedMs = performance.now();
    await beyla.close();
    const tookMs = performance.now() - startedMs;
    expect(stuck.taken).toBeGreaterThan(0);
    expect(tookMs).toBeGreaterThan(390);
    // The default would be 10 s.
    expect(tookMs).toBeLessThan(4_000);
  });

  it('tells of everything that did not leave, however little time there is', async () => {
    const hanging = createServer((socket) => socket.on('error', () => undefined).resume());
    const port = await freePort();
    await new Promise<void>((resolve) => hanging.listen(port, '127.0.0.1', resolve));
    const exporter = new OtlpTraceExporter({ endpoint: `http://127.0.0.1:${port}` });
    const options = { discovery: { instrument: [] }, replayFrom: RECORDING, shutdownTimeoutMs: 100 };
    const beyla = await createBeyla({ ...options, exporters: [exporter] });
    const told: Record<string, number> = {};
    let spans = 0;
    beyla.on('span', (batch) => {
      spans += batch.length;
    });
    beyla.on('drop', ({ reason, count }) => {
      told[reason] = (told[reason] ?? 0) + count;
    });
    await beyla.finished;
    await beyla.close();
    hanging.close();
    expect(spans).toBeGreaterThan(0);
    expect(told['pipeline.otlp-traces.shutdown']).toBe(spans);
    expect(beyla.stats().drops['pipeline.otlp-traces.shutdown']).toBe(spans);
  });
});
