import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { heldBy, leftOf } from '../support/bpf-ids.mjs';
import { needsBpf } from '../support/capability.ts';
import { runApp, runNode } from '../support/run-app.mjs';
import { sendTlsLoad } from '../support/tls-client.mjs';
import { makeTlsFiles } from '../support/tls-files.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';

const CYCLES = 200;
/** Processes that share them: loading a program takes a processor. */
const SHARDS = 2;
const MAPS_PER_OBJECT = 3;
const agent = fileURLToPath(new URL('../apps/agent.mjs', import.meta.url));
const cycles = fileURLToPath(new URL('../apps/cycles.mjs', import.meta.url));
const tlsServer = fileURLToPath(new URL('../apps/tls-server.py', import.meta.url));

describe('leak truth', needsBpf, () => {
  it(`${CYCLES} cycles of create and close, with probes, leave no program, map, link or file descriptor`, {
    timeout: 1_200_000,
  }, async ({ signal }) => {
    const tls = makeTlsFiles();
    const node = use(await runNode());
    const python = use(
      await runApp('tls-server', '/usr/bin/python3', [tlsServer, tls.cert, tls.key], { dispose: tls.remove }),
    );
    const args = [cycles, String(CYCLES / SHARDS), String(node.pid), String(python.pid)];
    const outcomes = await Promise.all(
      Array.from({ length: SHARDS }, async () => {
        const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20, signal });
        return JSON.parse(stdout) as { made: string[]; openFiles: [before: number, after: number] };
      }),
    );
    for (const { made, openFiles } of outcomes) {
      expect(made.length).toBeGreaterThan(CYCLES);
      expect(openFiles[1]).toBe(openFiles[0]);
    }
    expect(await leftOf(new Set(outcomes.flatMap(({ made }) => made)))).toEqual([]);
    // Both live on as before.
    const records = await sendTlsLoad({ port: python.port, targets: ['GET /after'], connections: 1, requests: 10 });
    expect(records).toHaveLength(10);
    expect(await sendLoad({ port: node.port, targets: ['GET /hello'], connections: 1, requests: 10 })).toHaveLength(10);
  });

  it('a process that is killed while it watches traffic leaves nothing', async () => {
    const app = use(await runNode());
    const child = use(await runApp('agent', process.execPath, [agent, String(app.pid)], { ready: /^READY (\d+)$/ }));
    const held = heldBy(child.pid);
    expect(held.size).toBeGreaterThan(MAPS_PER_OBJECT);
    await sendLoad({ port: app.port, targets: ['GET /hello'], connections: 4, requests: 100 });
    const exited = once(child.child, 'exit');
    child.child.kill('SIGKILL');
    await exited;
    expect(await leftOf(held)).toEqual([]);
  });
});
