import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeProc } from '../testing/fake-proc.ts';
import { ListeningPorts } from './listening-ports.ts';
import { ProcFs } from './procfs.ts';

describe('ListeningPorts', () => {
  let fake: FakeProc;
  beforeEach(() => {
    fake = new FakeProc();
    fake.listen(8080, 100);
    fake.listen(443, 101);
    fake.listen(9000, 102);
  });
  afterEach(() => fake[Symbol.dispose]());
  const look = (wants: (port: number) => boolean = () => true): ListeningPorts =>
    new ListeningPorts(new ProcFs(fake.root), wants);

  it('gives a process the ports whose sockets it holds', () => {
    fake.put(7, { netns: 42, sockets: [500, 101, 999, 100] });
    expect(look().all(7)).toEqual([
      { netns: 42, port: 443 },
      { netns: 42, port: 8080 },
    ]);
  });

  it('leaves out what is not wanted', () => {
    fake.put(7, { sockets: [100, 101, 102] });
    expect(
      look((port) => port === 9000)
        .wanted(7)
        .map(({ port }) => port),
    ).toEqual([9000]);
  });

  it('looks at no descriptor when nobody listens on a wanted port', () => {
    fake.put(7, { sockets: [100] });
    const proc = new ProcFs(fake.root);
    let links = 0;
    const link = proc.link.bind(proc);
    proc.link = (path) => {
      if (path.includes('/fd/')) links++;
      return link(path);
    };
    expect(new ListeningPorts(proc, (port) => port === 1).wanted(7)).toEqual([]);
    expect(links).toBe(0);
    expect(new ListeningPorts(proc, (port) => port === 8080).wanted(7)).toHaveLength(1);
    expect(links).toBe(1);
  });

  it('reads the table of a namespace once for all its processes', () => {
    fake.put(7, { netns: 42, sockets: [100] });
    fake.put(8, { netns: 42, sockets: [101] });
    fake.put(9, { netns: 43, sockets: [101] });
    const proc = new ProcFs(fake.root);
    const tables: string[] = [];
    const lines = proc.lines.bind(proc);
    proc.lines = (path, limit, line) => {
      tables.push(path);
      return lines(path, limit, line);
    };
    const ports = new ListeningPorts(proc, () => true);
    for (const pid of [7, 8, 9, 7]) ports.all(pid);
    expect(tables).toEqual(['7/net/tcp', '7/net/tcp6', '9/net/tcp', '9/net/tcp6']);
  });

  it('has another key when, and only when, the sockets that matter change', () => {
    fake.put(7, { sockets: [100] });
    const before = look((port) => port === 8080);
    const [key, wantedKey] = [before.key(7), before.wantedKey(7)];
    fake.listen(5000, 103);
    fake.update(7, [100]);
    const after = look((port) => port === 8080);
    expect(after.key(7)).not.toBe(key);
    expect(after.wantedKey(7)).toBe(wantedKey);
  });

  it('answers nothing for a process that is gone', () => {
    expect(look().all(7)).toEqual([]);
    expect(look().key(7)).toBeUndefined();
  });
});

describe.runIf(process.platform === 'linux')('ListeningPorts on this machine', () => {
  it.each(['127.0.0.1', '::1'])('finds the port that this very process listens on at %s', async (host) => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const ports = (): number[] =>
      new ListeningPorts(new ProcFs(), (candidate) => candidate === port)
        .wanted(process.pid)
        .map((found) => found.port);
    expect(ports()).toEqual([port]);
    await new Promise((resolve) => server.close(resolve));
    expect(ports()).toEqual([]);
  });
});
