// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needsBpf } from '../../test/support/capability.ts';
import { folder } from './support.ts';

interface Ending {
  code: number | null;
  signal: string | null;
  facts: unknown;
  stderr: string;
}

/** Runs one scenario of fixtures/teardown.mjs to its end; a process that does not end is killed, and then has a signal. */
async function end(scenario: string): Promise<Ending> {
  const child = spawn(process.execPath, ['--expose-gc', join(folder, 'fixtures/teardown.mjs'), scenario], {
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...ending) => resolve(ending)),
  );
  return { code, signal, facts: stdout === '' ? undefined : JSON.parse(stdout), stderr };
}

const CLEAN = { code: 0, signal: null, stderr: '' };

describe('a process', needsBpf, () => {
  it('ends by itself although a ring is open and watched', async () => {
    expect(await end('end')).toEqual({ ...CLEAN, facts: {} });
  });

  it('may exit inside the callback of a watch', async () => {
    expect(await end('exitInCallback')).toEqual({ ...CLEAN, facts: {} });
  });

  it("gets exceptions of the callback as 'uncaughtException', and is called again afterwards", async () => {
    expect(await end('throwInCallback')).toEqual({ ...CLEAN, facts: { caught: ['callback 0', 'callback 1'] } });
  });

  it('gets back what unreachable handles held when they are collected', async () => {
    const { facts, ...ending } = await end('collect');
    expect(ending).toEqual(CLEAN);
    expect(facts).toEqual({ before: expect.any(Number), after: 0 });
    expect((facts as { before: number }).before).toBeGreaterThan(3);
  });

  it('keeps a watched ring from collection', async () => {
    expect(await end('collectWatched')).toEqual({ ...CLEAN, facts: {} });
  });
});

describe('a worker', needsBpf, () => {
  it('that ends with everything open leaves nothing', async () => {
    expect(await end('workerEnds')).toEqual({ ...CLEAN, facts: { after: 0 } });
  });

  it('that is terminated with everything open leaves nothing', async () => {
    const { facts, ...ending } = await end('workerTerminated');
    expect(ending).toEqual(CLEAN);
    expect(facts).toEqual({ before: expect.any(Number), after: 0 });
    expect((facts as { before: number }).before).toBeGreaterThan(3);
  });

  it('may be terminated while an object is loaded, of which nothing is left', async () => {
    expect(await end('workerTerminatedLoading')).toEqual({ ...CLEAN, facts: { endings: 10, after: 0 } });
  });

  it('may be terminated while records arrive and callbacks run', async () => {
    expect(await end('workerTerminatedBusy')).toEqual({ ...CLEAN, facts: { calls: 15, after: 0 } });
  });

  it('has rings of its own beside those of the main thread', async () => {
    expect(await end('bothThreadsAtOnce')).toEqual({ ...CLEAN, facts: { mine: 16, theirs: 16 } });
  });

  it('cannot use a handle of another thread', async () => {
    expect(await end('handleSent')).toEqual({ ...CLEAN, facts: { answer: 'TypeError' } });
  });
});
