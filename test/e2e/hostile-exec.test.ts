import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

/** Executes a program with as many empty arguments as the kernel takes, and one behind them; from another process, since that takes time, too. */
const LAUNCHER = `
  const { spawn } = require('node:child_process');
  const args = ['-c', 'read line', ...Array(125_000).fill(''), 'x'];
  const child = spawn(process.argv[1], args, { stdio: ['inherit', 'ignore', 'ignore'] });
  child.once('exit', () => process.exit());
`;
/** Far above what a busy machine adds, and far below the 27 s that it took. */
const LONGEST_DELAY_MS = 1000;

describe('a process with 125,000 empty arguments', needsBpf, () => {
  it('is selected without holding up the event loop, and is not named by them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-exec-'));
    use({ stop: async () => rmSync(directory, { recursive: true }) });
    const executable = join(directory, 'node');
    copyFileSync('/bin/dash', executable);
    const watching = use(
      await watch({
        discovery: {
          instrument: [{ exePath: executable }, { exePath: executable, cmdArgsRegexp: 'no such (word)+$' }],
        },
      }),
    );
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const launcher = spawn(process.execPath, ['-e', LAUNCHER, executable], { stdio: ['pipe', 'ignore', 'inherit'] });
    use({ stop: async () => void launcher.stdin.end() });
    const { commandLine, service } = await watching.started((process) => process.executable === executable);
    delay.disable();
    expect(commandLine.slice(0, 3)).toEqual([executable, '-c', 'read line']);
    expect(commandLine.length).toBeLessThanOrEqual(4096);
    expect(service.name).toBe('node');
    expect(delay.max / 1e6).toBeLessThan(LONGEST_DELAY_MS);
  });
});
