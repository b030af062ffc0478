import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { parseTextFormat } from '../support/prometheus-text.ts';
import { freePort, runApp, runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { runWithoutCapabilities } from '../support/without-capabilities.mjs';

/** The last line of the demo's account: as many seen as sent. */
const EXACT = /^all +(\d+) +\1 +exact$/m;

function main(example: string): string {
  return fileURLToPath(new URL(`../../examples/${example}/main.mjs`, import.meta.url));
}

/** Whether a process still does anything; one that only waits for its parent to take note does not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** An example that runs as its README says, with everything it prints. */
async function run(example: string, args: readonly string[], ready: RegExp) {
  const app = use(await runApp(example, process.execPath, [main(example), ...args], { ready, port: 0 }));
  let text = '';
  app.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    app,
    /** What it prints until Ctrl-C, and its exit status. */
    async interrupted(): Promise<{ lines: string[]; status: number | null }> {
      const closed = once(app.child, 'close');
      app.child.kill('SIGINT');
      const [status] = (await closed) as [number | null];
      return { lines: text.trimEnd().split('\n'), status };
    },
  };
}

describe('examples', needsBpf, () => {
  it('print-spans prints a line for each request, and Ctrl-C ends it', async () => {
    const server = use(await runNode());
    const { interrupted } = await run('print-spans', [String(server.port)], new RegExp(`^started \\S+ ${server.pid}$`));
    await sendLoad({ port: server.port, targets: ['GET /hello', 'GET /status/500', 'POST /echo 300'], requests: 30 });
    const { lines, status } = await interrupted();
    const counts: Record<string, number> = {};
    for (const line of lines) {
      const request = /^(\S+ \S+ \d+) \d+\.\d ms, of which \d+\.\d ms in queue$/.exec(line)?.[1] ?? line;
      counts[request] = (counts[request] ?? 0) + 1;
    }
    expect(counts).toEqual({ 'GET /hello 200': 10, 'GET /status/500 500': 10, 'POST /echo 200': 10 });
    expect(status).toBe(0);
  });

  it('custom-processor prints only what failed or was slow, with the team it belongs to', async () => {
    const server = use(await runNode());
    // It says nothing before the first such request: one comes until it does.
    let isReady = false;
    const knocking = (async () => {
      while (!isReady) await sendLoad({ port: server.port, targets: ['GET /status/503'], requests: 1 });
    })();
    const { interrupted } = await run('custom-processor', [String(server.port)], /"\/status\/503"/).finally(() => {
      isReady = true;
    });
    await knocking;
    const targets = ['GET /hello', 'GET /status/500', 'GET /slow?ms=120', 'POST /echo 300', 'GET /status/404'];
    await sendLoad({ port: server.port, targets, requests: 10 });
    const { lines, status } = await interrupted();
    const printed = lines
      .map((line) => JSON.parse(line).attributes as Record<string, unknown>)
      .filter((attributes) => attributes['url.path'] !== '/status/503')
      .map((attributes) => `${attributes['url.path']} ${attributes['team.name']}`);
    expect(printed.sort()).toEqual(['/slow shop', '/slow shop', '/status/500 shop', '/status/500 shop']);
    expect(status).toBe(0);
  });

  it('prometheus serves requests by route, and what no pattern matches under one', async () => {
    const server = use(await runNode());
    const port = await freePort();
    const { interrupted } = await run('prometheus', [String(server.port), String(port)], /^scrape http:\S+$/);
    await sendLoad({ port: server.port, targets: ['GET /users/{n}', 'GET /hello'], connections: 2, requests: 20 });
    /** The count of a scrape by route. */
    async function counts(): Promise<Record<string, number>> {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const { samples } = parseTextFormat(page);
      return Object.fromEntries(
        samples
          .filter(({ name }) => name === 'http_server_request_duration_seconds_count')
          .map(({ labels, value }) => [labels['http_route'] ?? '', value]),
      );
    }
    await expect.poll(counts, { timeout: 10_000 }).toEqual({ '/users/:id': 20, '/**': 20 });
    expect((await interrupted()).status).toBe(0);
  });

  it('demo is exact', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main('demo'), '--seconds', '2', '--once']);
    expect(stdout).toMatch(EXACT);
  });

  it('demo ends its servers on a signal that only it gets', async () => {
    const app = use(await runApp('demo', process.execPath, [main('demo')], { ready: /^Scrape/, port: 0 }));
    const children = app.pids().filter((pid) => pid !== app.pid);
    expect(children.length).toBeGreaterThanOrEqual(3);
    app.child.kill('SIGTERM');
    const [status] = (await once(app.child, 'close')) as [number | null];
    expect(status).toBe(143);
    await expect.poll(() => children.filter((pid) => isRunning(pid)), { timeout: 10_000 }).toEqual([]);
  });
});

describe('demo without privileges', () => {
  it('says why and replays its recording, exactly', async () => {
    const stdout = await runWithoutCapabilities([main('demo')]);
    expect(stdout).toMatch(/^BPF cannot be loaded here, so this is a recording .*\n[A-Z_]+: /);
    expect(stdout).toMatch(EXACT);
  });
});
