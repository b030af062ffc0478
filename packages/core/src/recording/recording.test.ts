import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import type { RecordSource } from '../kernel/record-source.ts';
import type { ProcessInfo } from '../processes/process.ts';
import { Clock } from '../spans/clock.ts';
import { close } from '../testing/records.ts';
import { RecordingSource } from './recording-source.ts';
import { RecordingWriter } from './recording-writer.ts';

const process: ProcessInfo = {
  pid: 7,
  startTicks: 99,
  executable: '/usr/bin/app',
  commandLine: ['app', '--password=hunter2'],
  language: 'go',
  service: { name: 'app', namespace: '', instanceId: 'h:7' },
  resource: { 'host.name': 'h', 'shop.password': 'hunter2' },
};

const RECORD = close({ connection: 3 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beyla-recording-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function record(name: string): Promise<string> {
  const path = join(folder, name);
  const clock = new Clock(5_000n, 1_700_000_000_123_456_789n);
  await using writer = new RecordingWriter(path, { source: 'sock_length', clock } as RecordSource);
  await writer.start();
  writer.processStarted(process);
  writer.batch({ bytes: Uint8Array.from([...RECORD, 9]), length: RECORD.length, nowNs: 12_345.5 });
  writer.batch({ bytes: new Uint8Array(8), length: 0, nowNs: 20_000 });
  writer.processEnded(process);
  return path;
}

function replay(path: string): { source: RecordingSource; told: unknown[] } {
  const told: unknown[] = [];
  const source = new RecordingSource(path, {
    started: (started) => told.push(started),
    ended: (pid, startTicks) => told.push([pid, startTicks]),
  });
  return { source, told };
}

describe('recordings', () => {
  it('give back batches, processes and wall time as they went in', async () => {
    const { source, told } = replay(await record('whole'));
    await using _ = source;
    await source.start();
    const batches = [];
    for await (const { bytes, length, nowNs } of source) batches.push({ bytes: [...bytes.subarray(0, length)], nowNs });
    expect(batches[0]).toEqual({ bytes: [...RECORD], nowNs: 12_345.5 });
    expect(batches.slice(1).every(({ bytes }) => bytes.length === 0)).toBe(true);
    expect(told).toEqual([{ ...process, commandLine: [], resource: { 'host.name': 'h' } }, [7, 99]]);
    expect(source.clock.toHrTime(5_001)).toEqual([1_700_000_000, 123_456_790]);
  });

  it('say RECORDING_INVALID for a file of another kind', async () => {
    const path = join(folder, 'other');
    await writeFile(path, 'not a recording at all');
    await expect(replay(path).source.start()).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
  });

  it('say RECORDING_INVALID for a missing file', async () => {
    await expect(replay(join(folder, 'missing')).source.start()).rejects.toBeInstanceOf(BeylaError);
  });

  it('say RECORDING_INVALID where a file was cut off', async () => {
    const path = await record('cut');
    await truncate(path, 150);
    const { source } = replay(path);
    await using _ = source;
    await source.start();
    await expect(
      (async () => {
        for await (const _batch of source);
      })(),
    ).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
  });
});
