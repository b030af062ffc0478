import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BeylaOptions, createBeyla, type ErrorCode } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { use } from '../support/use.ts';
import { runWithoutCapabilities } from '../support/without-capabilities.mjs';

const agent = new URL('../apps/agent.mjs', import.meta.url).pathname;
const self = { instrument: [{ targetPids: [process.pid] }], includeSelf: true };

async function expectError(options: unknown, code: ErrorCode, message: RegExp): Promise<void> {
  const error: unknown = await createBeyla(options as BeylaOptions).then(
    async (beyla) => {
      await beyla.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'BeylaError', code, message: expect.stringMatching(message) });
  expect((error as { cure: string }).cure).toMatch(/\w+ \w+/);
}

describe('bad input', () => {
  it('createBeyla() names the option it does not know, and the nearest it does', async () => {
    await expectError({ discovery: self, tracerr: {} }, 'UNKNOWN_OPTION', /tracerr.*tracer/s);
    await expectError({ discovery: self, tracer: { ringSize: 1 } }, 'UNKNOWN_OPTION', /ringSize.*ringBytes/s);
  });

  it.each(['0', '70000', '90-80', 'http', '80,,', '1-', -1, 1.5])(
    'createBeyla() refuses the port list %s',
    async (openPorts) => {
      await expectError(
        { discovery: { instrument: [{ openPorts }] } },
        'INVALID_PORT_RANGE',
        new RegExp(String(openPorts)),
      );
    },
  );

  it('createBeyla() refuses a regular expression that is none', async () => {
    await expectError({ discovery: { instrument: [{ exePathRegexp: 'a(b' }] } }, 'INVALID_PATTERN', /a\(b/);
  });

  it('createBeyla() refuses a selector without a criterion', async () => {
    await expectError({ discovery: { instrument: [{ name: 'all' }] } }, 'INVALID_OPTION', /criterion/);
  });

  it('createBeyla() refuses a ring that is no power of two', async () => {
    await expectError({ discovery: self, tracer: { ringBytes: 5000 } }, 'INVALID_OPTION', /ringBytes/);
  });

  it('createBeyla() says which capability it misses', needsBpf, async () => {
    const options = JSON.stringify({ discovery: { instrument: [{ targetPids: [1] }] } });
    const stdout = await runWithoutCapabilities([agent, '--options', options]);
    const error = JSON.parse(stdout) as { code: string; cure: string; message: string };
    expect(error.code).toBe('MISSING_CAPABILITY');
    expect(error.message).toMatch(/CAP_(BPF|SYS_ADMIN)/);
  });

  it('createBeyla() says that there is no BTF', needsBpf, async () => {
    await expectError({ discovery: self, tracer: { btfPath: '/nonexistent/btf' } }, 'NO_BTF', /\/nonexistent\/btf/);
  });

  it('createBeyla() refuses a recording that is none', async () => {
    await expectError({ discovery: self, replayFrom: agent }, 'RECORDING_INVALID', /agent\.mjs/);
  });

  it('createBeyla() says that the port of an exporter is taken, and leaves nothing running', needsBpf, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    use({ stop: () => new Promise<void>((resolve) => void taken.close(() => resolve())) });
    const { port } = taken.address() as AddressInfo;
    const exporters = [new PrometheusExporter({ host: '127.0.0.1', port })];
    await expectError({ discovery: self, exporters }, 'PORT_IN_USE', new RegExp(String(port)));
  });
});
