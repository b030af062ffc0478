import { describe, expect, it } from 'vitest';
import type { ProcessInfo } from './process.ts';
import { ProcessRegistry } from './process-registry.ts';

function aProcess(pid: number): ProcessInfo {
  return {
    pid,
    startTicks: pid,
    executable: '/bin/app',
    commandLine: ['app'],
    language: 'cpp',
    service: { name: 'app', namespace: '', instanceId: `h:${pid}` },
    resource: {},
  };
}

describe('ProcessRegistry', () => {
  it('finds an ended process for late turns, but does not list it', () => {
    const registry = new ProcessRegistry();
    const process = aProcess(1);
    registry.add(process);
    registry.end(process);
    registry.sweep();
    expect(registry.get(1)).toBe(process);
    expect(registry.current()).toEqual([]);
  });

  it('does not end the next process with the same id', () => {
    const registry = new ProcessRegistry();
    const [first, second] = [aProcess(1), aProcess(1)];
    registry.add(first);
    registry.add(second);
    registry.end(first);
    expect(registry.current()).toEqual([second]);
  });

  it('does not take a newborn process for the ended one whose id it got', () => {
    const [before, newborn] = [aProcess(1), aProcess(1)];
    let born: ProcessInfo | undefined;
    const registry = new ProcessRegistry((pid) => (pid === 1 ? born : undefined));
    registry.add(before);
    expect(registry.get(1)).toBe(before);
    registry.end(before);
    expect(registry.get(1)).toBe(before);
    born = newborn;
    expect(registry.get(1)).toBe(newborn);
  });
});
