import { once } from 'node:events';
import { createBeyla } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { heldBy, leftOf, openFiles } from '../support/bpf-ids.mjs';
import { needsBpf } from '../support/capability.ts';
import { runApp, runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';

const CYCLES = 200;
const MAPS_PER_OBJECT = 3;
const agent = new URL('../apps/agent.mjs', import.meta.url).pathname;

describe('leak truth', needsBpf, () => {
  it(`${CYCLES} cycles of create and close leave no program, map, link or file descriptor`, {
    timeout: 600_000,
  }, async () => {
    const app = use(await runNode());
    const discovery = { instrument: [{ targetPids: [app.pid] }] };
    // The first one opens what stays open for the life of the process, whatever its use.
    await (await createBeyla({ discovery })).close();
    const filesBefore = openFiles();
    const made = new Set<string>();
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const beyla = await createBeyla({ discovery });
      const held = heldBy(process.pid);
      expect(held.size).toBeGreaterThan(MAPS_PER_OBJECT);
      for (const id of held) {
        made.add(id);
      }
      await beyla.close();
      expect(heldBy(process.pid).size).toBe(0);
    }
    expect(openFiles()).toBe(filesBefore);
    expect(await leftOf(made)).toEqual([]);
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
