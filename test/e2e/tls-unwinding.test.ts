import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { compileApp } from '../support/compile-app.mjs';
import { systemOpenssl } from '../support/libssl.mjs';
import { type App, runApp } from '../support/run-app.mjs';
import { makeTlsFiles, type TlsFiles } from '../support/tls-files.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

const WAYS = ['coroutine', 'exception', 'cancel'] as const;
const ROUNDS = 20;
const server = new URL('../apps/tls-server.py', import.meta.url).pathname;

let files: TlsFiles;
let unwinding: string;
beforeAll(async () => {
  files = makeTlsFiles();
  unwinding = await compileApp('tls-unwinding.c', ['-x', 'c++', '-Wl,--no-as-needed', '-lstdc++', '-pthread']);
});
afterAll(() => files.remove());

function runUnwinding(): Promise<App> {
  const { ssl, crypto } = systemOpenssl();
  return runApp('tls-unwinding', unwinding, [ssl, crypto], { ready: /^READY$/, port: 0 });
}

/** It lives if it answers afterwards. */
async function leave(app: App, way: (typeof WAYS)[number]): Promise<void> {
  const done = app.line(new RegExp(`^DONE ${way}$`));
  app.write(`${way} ${ROUNDS}\n`);
  await done;
}

function tappedProcesses({ beyla }: Watch): readonly number[] {
  const { tracer } = beyla.debugInfo() as {
    tracer: { taps: { files: readonly { processes: readonly number[] }[] } };
  };
  return tracer.taps.files.flatMap(({ processes }) => processes);
}

/** What this process has attached by uprobes, as the kernel itself describes it. */
function attachedUprobes(): { readonly entries: number; readonly returns: number } {
  let [entries, returns] = [0, 0];
  for (const descriptor of readdirSync('/proc/self/fdinfo')) {
    let text = '';
    try {
      text = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    } catch {
      continue;
    }
    if (/^link_type:\s+uprobe_multi$/m.test(text) || /^event_type:\s+uprobe$/m.test(text)) entries++;
    if (/^link_type:\s+uretprobe_multi$/m.test(text) || /^event_type:\s+uretprobe$/m.test(text)) returns++;
  }
  return { entries, returns };
}

describe('a program that leaves SSL_read without returning from it', needsBpf, () => {
  it.each(WAYS)('lives while it is observed: %s', async (way) => {
    const app = use(await runUnwinding());
    const watching = use(await watch({ pids: [app.pid] }));
    expect(tappedProcesses(watching)).toEqual([app.pid]);
    await leave(app, way);
    await leave(app, way);
  });

  it.each(WAYS)('lives beside a program with the same library that is observed: %s', async (way) => {
    const observed = use(await runApp('tls-server', '/usr/bin/python3', [server, files.cert, files.key]));
    const app = use(await runUnwinding());
    const watching = use(await watch({ pids: [observed.pid] }));
    expect(tappedProcesses(watching)).toEqual([observed.pid]);
    await leave(app, way);
    await leave(app, way);
  });

  it('meets no probe that replaces a return address', async () => {
    const app = use(await runUnwinding());
    use(await watch({ pids: [app.pid] }));
    const { entries, returns } = attachedUprobes();
    expect(returns).toBe(0);
    expect(entries).toBeGreaterThan(3);
  });
});
