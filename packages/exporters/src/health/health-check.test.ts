import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Health, InternalSource } from '@beyla/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HealthCheck } from './health-check.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

function ask(
  place: { port?: number | undefined; socketPath?: string },
  path = '/healthz',
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...place, path, method, agent: false } as object, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function sourceOf(health: () => Health): InternalSource {
  return {
    stats: () => expect.unreachable('counters are not asked for'),
    processes: [],
    health,
    componentHealth: () => ({ tracer: health() }),
  };
}

describe('HealthCheck', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'beyla-health-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('answers 200 while the work is done, if with a loss, and 503 when it is not', async () => {
    let health: Health = { status: 'healthy', messages: [] };
    await using check = new HealthCheck({ port: 0 });
    await check.start();
    expect(await ask({ port: check.port })).toMatchObject({
      status: 503,
      body: { status: 'starting', components: {} },
    });
    check.observe(sourceOf(() => health));
    const { status, type, body } = await ask({ port: check.port });
    expect([status, type]).toEqual([200, 'application/json']);
    expect(body).toMatchObject({ schema_version: 1, status: 'healthy', messages: [], components: { tracer: health } });
    expect(body['process_uptime_ns']).toBeGreaterThan(0);
    expect(Math.abs(Number(body['now_unix_ns']) / 1e6 - Date.now())).toBeLessThan(60_000);
    health = { status: 'degraded', messages: ['the ring was full: raise tracer.ringBytes'] };
    expect(await ask({ port: check.port })).toMatchObject({ status: 200, body: { messages: health.messages } });
    for (const state of ['starting', 'unhealthy', 'closed'] as const) {
      health = { status: state, messages: [] };
      expect(await ask({ port: check.port })).toMatchObject({ status: 503, body: { status: state } });
    }
    expect(check.stats()).toEqual({ checks: 6, cut_connections: 0 });
  });

  it('has one page, to be read only', async () => {
    await using check = new HealthCheck({ port: 0 });
    await check.start();
    expect((await ask({ port: check.port }, '/')).status).toBe(404);
    expect((await ask({ port: check.port }, '/healthz', 'POST')).status).toBe(405);
    expect((await ask({ port: check.port }, '/healthz?verbose', 'HEAD')).status).toBe(503);
  });

  it('listens on a socket instead, which is gone after the close', async () => {
    const socketPath = join(folder, 'health.sock');
    const check = new HealthCheck({ port: 1, socketPath });
    await check.start();
    expect((await ask({ socketPath })).status).toBe(503);
    expect(check.port).toBeUndefined();
    await check.close();
    expect(existsSync(socketPath)).toBe(false);
  });

  it('listens on an abstract socket', async () => {
    const name = `beyla-health-${process.pid}`;
    await using check = new HealthCheck({ socketPath: `@${name}` });
    await check.start();
    expect((await ask({ socketPath: `\0${name}` })).status).toBe(503);
  });

  it('replaces a socket that nobody listens on, and nothing else', async () => {
    const socketPath = join(folder, 'health.sock');
    const code = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', code]);
    expect(existsSync(socketPath)).toBe(true);
    await using check = new HealthCheck({ socketPath });
    await check.start();
    await expect(new HealthCheck({ socketPath }).start()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    await expect(new HealthCheck({ socketPath: file }).start()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect(existsSync(file)).toBe(true);
  });

  it('refuses a place that is none', async () => {
    expect(() => new HealthCheck({})).toThrow('needs a `port`');
    expect(() => new HealthCheck({ port: 70_000 })).toThrow('65535');
    const nowhere = new HealthCheck({ socketPath: join(folder, 'no', 'such') });
    await expect(nowhere.start()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
