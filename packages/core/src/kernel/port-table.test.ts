import { describe, expect, it } from 'vitest';
import { fakeMaps } from '../testing/fake-maps.ts';
import { PortTable } from './port-table.ts';

const port = { netns: 4_026_531_840, port: 8080 };

describe('PortTable', () => {
  it('keeps a port until the last process that listens on it is gone', () => {
    const { native, create } = fakeMaps();
    const map = create();
    const table = new PortTable(native, map.handle);
    table.add(10, port);
    table.add(11, port);
    table.removeProcess(10);
    expect(map.entries.size).toBe(1);
    table.removeProcess(11);
    expect(map.entries.size).toBe(0);
  });

  it('takes out what the kernel has added for a process that was never known, once it is sure of that', () => {
    const { native, create } = fakeMaps();
    const map = create();
    const table = new PortTable(native, map.handle);
    table.add(10, port);
    const [owned] = map.entries.keys() as Iterable<string>;
    for (let index = 0; index < 300; index++)
      map.entries.set(Buffer.from([1, 2, 3, 4, index & 255, index >> 8, 0, 0]).toString('hex'), '00');
    table.sweep();
    expect(map.entries.size).toBe(301);
    table.add(11, { netns: 0x0403_0201, port: 7 });
    table.sweep();
    expect([...map.entries.keys()]).toEqual([owned, '0102030407000000']);
  });

  it('keeps the same port of two network namespaces apart', () => {
    const { native, create } = fakeMaps();
    const map = create();
    const table = new PortTable(native, map.handle);
    table.add(10, port);
    table.add(10, { ...port, netns: 1 });
    expect(map.entries.size).toBe(2);
  });

  it('says so when the kernel has no room', () => {
    const { native, create } = fakeMaps();
    const table = new PortTable(native, create(1).handle);
    expect(table.add(10, port)).toBe(true);
    expect(table.add(10, { ...port, port: 8081 })).toBe(false);
  });
});
