import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeProc } from '../testing/fake-proc.ts';
import { isMultiprocessingChild } from './multiprocessing.ts';
import { ProcFs } from './procfs.ts';
import { programServiceName } from './program-service-name.ts';

const PYTHON = '/usr/bin/python3.11';
const SPAWNED = [
  PYTHON,
  '-c',
  'from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)',
  '--multiprocessing-fork',
];
const TRACKER = [PYTHON, '-s', '-c', 'from multiprocessing.resource_tracker import main;main(4)'];
const FORK_SERVER = [PYTHON, '-Ic', 'from multiprocessing.forkserver import main; main(5, 6, [])'];

let fake: FakeProc;
beforeEach(() => {
  fake = new FakeProc();
});
afterEach(() => fake[Symbol.dispose]());

function nameOf(pid: number, commandLine: readonly string[]): string {
  return programServiceName(new ProcFs(fake.root), { pid, startTicks: pid, executable: PYTHON, commandLine });
}

describe('isMultiprocessingChild()', () => {
  it.each([SPAWNED, TRACKER, FORK_SERVER])('knows %s %s %s', (...commandLine) => {
    expect(isMultiprocessingChild(commandLine.filter((argument) => typeof argument === 'string'))).toBe(true);
  });

  it('is not taken in by other programs', () => {
    expect(isMultiprocessingChild([PYTHON, '-c', 'print("from multiprocessing.spawn import x")'])).toBe(false);
    expect(isMultiprocessingChild([PYTHON, 'shop.py', 'from multiprocessing.spawn import x'])).toBe(false);
    expect(isMultiprocessingChild([])).toBe(false);
  });
});

describe('programServiceName()', () => {
  it.each(['uvicorn', 'hypercorn', 'sanic'])('calls a worker of %s as its parent, over generations', (server) => {
    fake.put(10, {
      executable: PYTHON,
      commandLine: [PYTHON, `/usr/local/bin/${server}`, 'app:app', '--workers', '2'],
    });
    fake.put(11, { executable: PYTHON, commandLine: SPAWNED, parent: 10 });
    fake.put(12, { executable: PYTHON, commandLine: FORK_SERVER, parent: 11 });
    expect(nameOf(11, SPAWNED)).toBe(server);
    expect(nameOf(12, FORK_SERVER)).toBe(server);
  });

  it('calls one whose parent is gone or a stranger by its interpreter', () => {
    fake.put(1, { executable: '/sbin/init', commandLine: ['/sbin/init'] });
    fake.put(11, { executable: PYTHON, commandLine: SPAWNED, parent: 1 });
    fake.put(12, { executable: PYTHON, commandLine: SPAWNED, parent: 9 });
    expect([nameOf(11, SPAWNED), nameOf(12, SPAWNED), nameOf(13, SPAWNED)]).toEqual(Array(3).fill('python3.11'));
  });

  it('does not climb for ever', () => {
    fake.put(11, { executable: PYTHON, commandLine: SPAWNED, parent: 12 });
    fake.put(12, { executable: PYTHON, commandLine: SPAWNED, parent: 11 });
    expect(nameOf(11, SPAWNED)).toBe('python3.11');
  });
});
