import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { BeylaOptions } from '@beyla/core';
import { describe, expect, it, vi } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { HelperProcess } from '../support/helper-process.mjs';
import { freePort, runApp, runNode } from '../support/run-app.mjs';
import { use } from '../support/use.ts';

const HOST = fileURLToPath(new URL('../support/starved-host-main.mjs', import.meta.url));
const SERVER = fileURLToPath(new URL('../apps/node-server.mjs', import.meta.url));
const SLOW = { timeout: 20_000, interval: 100 };

/** A host of its own, started by way of another command; `stop()` ends it. */
function hostBy(command: string, ...args: string[]): HelperProcess {
  return new HelperProcess(HOST, [], { execPath: command, execArgv: [...args, process.execPath] });
}

async function watching(host: HelperProcess, instrument: BeylaOptions['discovery']['instrument']): Promise<void> {
  use({ [Symbol.asyncDispose]: () => host.stop() });
  await host.ask('start', { discovery: { instrument, pollIntervalMs: 300 } });
}

/** Requests one after the other, each on a connection of its own. */
async function ask(port: number, name: string): Promise<void> {
  for (let i = 0; i < 30; i += 1) {
    await new Promise((resolve, reject) => {
      const path = `/hello?${name}`;
      get({ port, path, agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
  }
}

describe('the limits of the host', needsBpf, () => {
  it('without descriptors nothing ends, who is followed stays so, and it is told and over again', async () => {
    const known = use(await runNode());
    const port = await freePort();
    const host = hostBy('/bin/sh', '-c', 'ulimit -n 400; exec "$0" "$@"');
    await watching(host, [{ targetPids: [known.pid] }, { openPorts: String(port) }]);
    await ask(known.port, 'before');
    await host.ask('starve', 0);
    const late = use(await runNode(['--port', String(port)]));
    await ask(known.port, 'starved');
    await ask(late.port, 'starved');
    await vi.waitFor(async () => {
      const { health, paths, drops } = await host.ask('state');
      expect(health.messages).toEqual([expect.stringContaining('ulimit -n')]);
      // All of those that are known; of the late one what is no span is counted.
      const lost = Object.values<number>(drops).reduce((sum, count) => sum + count, 0);
      expect(paths.length).toBeGreaterThanOrEqual(60);
      expect(paths.length + lost).toBe(90);
    }, SLOW);
    const { paths: before } = await host.ask('state');
    await host.ask('feed');
    await vi.waitFor(async () => {
      const { health, processes } = await host.ask('state');
      expect(health).toEqual({ status: 'healthy', messages: [] });
      expect(processes.toSorted()).toEqual([known.pid, late.pid].toSorted());
    }, SLOW);
    await ask(known.port, 'after');
    await ask(late.port, 'after');
    await vi.waitFor(async () => expect((await host.ask('state')).paths).toHaveLength(before.length + 60), SLOW);
    await host.ask('close');
  });

  it('without the capability to look into the descriptors of others, that is told', async () => {
    const port = await freePort();
    const args = ['--reuid=65534', '--clear-groups', process.execPath, SERVER, '--port', String(port)];
    use(await runApp('a server of somebody else', 'setpriv', args));
    const host = hostBy('setpriv', '--bounding-set=-dac_read_search,-dac_override', '--inh-caps=-all');
    await watching(host, [{ openPorts: String(port) }]);
    const { health } = await host.ask('state');
    expect(health).toMatchObject({ status: 'degraded', messages: [expect.stringContaining('CAP_DAC_READ_SEARCH')] });
    await host.ask('close');
  });

  it('with the /proc of another PID namespace, that is told', async () => {
    const app = use(await runNode());
    const host = hostBy('unshare', '--pid', '--fork', '--kill-child');
    await watching(host, [{ targetPids: [app.pid] }]);
    const { health } = await host.ask('state');
    expect(health).toMatchObject({ status: 'unhealthy', messages: [expect.stringContaining('PID namespace')] });
    await host.ask('close');
  });
});
