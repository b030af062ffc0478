import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DiscoveryOptions } from '../options/options.ts';
import { FakeProc, type FakeProcess } from '../testing/fake-proc.ts';
import { Discovery } from './discovery.ts';
import type { ProcessSink } from './process-sink.ts';
import { ProcFs } from './procfs.ts';

const NETNS = 4_026_531_840;
const python: FakeProcess = {
  name: 'python3',
  executable: '/usr/bin/python3.11',
  commandLine: ['python3', '/srv/shop.py'],
};
const shell: FakeProcess = { name: 'sh', executable: '/bin/dash', commandLine: ['sh'] };

let fake: FakeProc;
let calls: string[];
let events: string[];
let open: Discovery[];

beforeEach(() => {
  fake = new FakeProc();
  fake.self(1000);
  fake.put(1000, { ...python, name: 'self' });
  calls = [];
  events = [];
  open = [];
});
afterEach(async () => {
  for (const discovery of open) await discovery.close();
  fake[Symbol.dispose]();
});

const sink: ProcessSink = {
  select: ({ pid, service }, ports) => calls.push(`select ${pid} ${service.name} [${ports.map(({ port }) => port)}]`),
  addPort: ({ pid }, { port, netns }) => calls.push(`addPort ${pid} ${port} ${netns === NETNS}`),
  removePort: ({ pid }, { port }) => calls.push(`removePort ${pid} ${port}`),
  deselect: ({ pid }) => calls.push(`deselect ${pid}`),
};

async function discover(options: DiscoveryOptions, other: ProcessSink = sink): Promise<Discovery> {
  // Nothing but what a test asks for may happen: the regular comparison is out of its way.
  const discovery = new Discovery({ pollIntervalMs: 1_000_000, ...options }, { sink: other, procRoot: fake.root });
  discovery.on('process', ({ type, process }) => events.push(`${type} ${process.pid} ${process.service.name}`));
  open.push(discovery);
  await discovery.start();
  return discovery;
}

/** Resolves once no hinted process waits to be looked at. */
async function looked(discovery: Discovery): Promise<void> {
  await expect.poll(() => discovery.stats()['checks_waiting'], { interval: 5 }).toBe(0);
}

function take(list: string[]): string[] {
  return list.splice(0);
}

describe('Discovery, by comparing /proc', () => {
  it('selects with containersOnly what is in another network namespace than this program', async () => {
    fake.put(20, { ...python, netns: 7 });
    fake.put(21, python);
    const discovery = await discover({ instrument: [{ exePath: '*/python*', containersOnly: true }] });
    expect(discovery.processes.map(({ pid }) => pid)).toEqual([20]);
  });

  it('selects what runs already, described in full, before start() resolves', async () => {
    fake.listen(8080, 100);
    fake.put(20, {
      ...python,
      startTicks: 555,
      sockets: [100],
      environment: ['SECRET=x', 'OTEL_RESOURCE_ATTRIBUTES=service.namespace=shop,team=web'],
    });
    fake.put(21, shell);
    const discovery = await discover({ instrument: [{ exePath: '*/python*' }] });
    expect(discovery.processes).toEqual([
      {
        pid: 20,
        startTicks: 555,
        executable: '/usr/bin/python3.11',
        commandLine: ['python3', '/srv/shop.py'],
        language: 'python',
        service: { name: 'shop', namespace: 'shop', instanceId: expect.stringMatching(/:20$/) },
        resource: { team: 'web' },
      },
    ]);
    expect(calls).toEqual(['select 20 shop [8080]']);
    expect(events).toEqual(['started 20 shop']);
    expect(discovery.health()).toEqual({ status: 'healthy', messages: [] });
  });

  it('never reads environment, maps or descriptors of a process that is not selected', async () => {
    fake.listen(8080, 100);
    fake.put(20, { ...python, sockets: [100] });
    for (const file of ['environ', 'maps']) fake.forbid(20, file);
    fake.put(21, shell);
    const discovery = await discover({ instrument: [{ exePath: '*/node', openPorts: 8080 }, { openPorts: 9 }] });
    expect(discovery.processes).toEqual([]);
    expect(JSON.stringify(discovery.debugInfo())).not.toContain('shop.py');
  });

  it('prefers the names of the selector to those of the environment to the default', async () => {
    fake.put(20, { ...python, environment: ['OTEL_SERVICE_NAME=checkout'] });
    fake.put(21, { ...python, environment: ['OTEL_SERVICE_NAME=checkout'] });
    await discover({
      instrument: [
        { exePath: '*python*', namespace: 'n' },
        { targetPids: [21], name: 'named' },
      ],
    });
    expect(take(events)).toEqual(['started 20 checkout', 'started 21 named']);
  });

  it('gives a process the routes of its selector', async () => {
    const routes = { incoming: ['/users/:id'], outgoing: ['/charges/:id'] };
    fake.put(20, python);
    fake.put(21, shell);
    const discovery = await discover({ instrument: [{ exePath: '*' }, { exePath: '*python*', routes }] });
    const given = discovery.processes.map((process) => [process.pid, process.routes]);
    expect(new Map(given as [number, unknown][])).toEqual(
      new Map<number, unknown>([
        [20, routes],
        [21, undefined],
      ]),
    );
  });

  it('gives a process the sampler, signals and metrics of its selector, and the names of the host', async () => {
    fake.put(20, python);
    const labels = { sampler: { name: 'always_off' }, exports: ['metrics'], metrics: { features: [] } } as const;
    const discovery = await discover({
      instrument: [{ exePath: '*python*', ...labels }],
      identity: { hostName: 'db1', hostId: 'h-7' },
    });
    expect(discovery.processes[0]).toMatchObject({
      ...labels,
      service: { instanceId: 'db1:20' },
      resource: { 'host.name': 'db1', 'host.id': 'h-7' },
    });
  });

  it('never selects its own process, unless asked to', async () => {
    await discover({ instrument: [{ exePath: '*' }] });
    expect(take(calls)).toEqual([]);
    await discover({ instrument: [{ exePath: '*' }], includeSelf: true });
    expect(take(calls)).toEqual(['select 1000 shop []']);
  });

  it('selects children that were there before, but not excluded ones, and not those of its own process', async () => {
    fake.put(20, python);
    fake.put(21, { ...shell, parent: 20 });
    fake.put(22, { ...shell, parent: 21, executable: '/usr/bin/curl', commandLine: ['curl'] });
    fake.put(23, { ...shell, parent: 1000 });
    await discover({ instrument: [{ exePath: '*python*' }], exclude: [{ exePath: '*/curl' }] });
    expect(take(calls)).toEqual(['select 20 shop []', 'select 21 dash []']);
  });

  it('leaves kernel threads and zombies alone', async () => {
    fake.put(2, { flags: 0x0020_0000 });
    fake.put(3, { ...python, state: 'Z' });
    await discover({ instrument: [{ exePath: '*' }, { cmdArgs: '*' }] });
    expect(calls).toEqual([]);
  });

  it('notices the end of a process, and a new one with the same id', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    const first = discovery.processOf(20);
    take(calls);
    fake.put(20, { ...python, startTicks: 9999, commandLine: ['python3', 'cart.py'] });
    await discovery.scan();
    expect(take(calls)).toEqual(['deselect 20', 'select 20 cart []']);
    expect(discovery.processOf(20)).not.toBe(first);
    fake.remove(20);
    await discovery.scan();
    expect(take(calls)).toEqual(['deselect 20']);
    expect(take(events)).toEqual(['started 20 shop', 'ended 20 shop', 'started 20 cart', 'ended 20 cart']);
    expect(discovery.processOf(20)?.service.name, 'for late spans').toBe('cart');
    expect(discovery.processes).toEqual([]);
  });

  it('finds a process that begins to listen later, and follows its ports', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ openPorts: '8000-8999' }] });
    expect(take(calls)).toEqual([]);
    fake.listen(8080, 100);
    fake.update(20, [100]);
    await discovery.scan();
    expect(take(calls)).toEqual(['select 20 shop [8080]']);
    fake.listen(9090, 101);
    fake.update(20, [100, 101]);
    await discovery.scan();
    expect(take(calls)).toEqual(['addPort 20 9090 true']);
    fake.unlisten(100);
    fake.update(20, [101]);
    await discovery.scan();
    expect(take(calls), 'selected it stays').toEqual(['removePort 20 8080']);
  });

  it('deselects a process that begins to listen on an excluded port', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ exePath: '*python*' }], exclude: [{ openPorts: 22 }] });
    take(calls);
    fake.listen(22, 100);
    fake.update(20, [100]);
    await discovery.scan();
    expect(take(calls)).toEqual(['addPort 20 22 true', 'deselect 20']);
  });

  it('keeps a process that rewrites its arguments', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ cmdArgs: '*shop.py' }] });
    fake.put(20, { ...python, name: 'renamed', commandLine: ['shop: master'] });
    await discovery.scan();
    expect(take(calls)).toEqual(['select 20 shop []']);
  });

  it('matches an unchanged process against the selectors only once', async () => {
    for (let pid = 20; pid < 60; pid++) fake.put(pid, shell);
    const discovery = await discover({ instrument: [{ exePath: '*python*' }, { openPorts: 80 }] });
    const { examined } = discovery.stats();
    await discovery.scan();
    expect(discovery.stats()['examined']).toBe(examined);
  });

  it('counts a sink that refuses, says so, and tries again', async () => {
    fake.put(20, python);
    let refuses = true;
    const discovery = await discover(
      { instrument: [{ exePath: '*python*' }] },
      {
        ...sink,
        select: (process, ports) => {
          if (refuses) throw new Error('full');
          sink.select(process, ports);
        },
      },
    );
    expect(discovery.health().status).toBe('degraded');
    expect(events).toEqual([]);
    refuses = false;
    await discovery.scan();
    expect(events).toEqual(['started 20 shop']);
  });

  it('is not disturbed by a listener that throws', async () => {
    fake.put(20, python);
    fake.put(21, python);
    const discovery = new Discovery({ instrument: [{ exePath: '*python*' }] }, { sink, procRoot: fake.root });
    open.push(discovery);
    discovery.on('process', () => {
      throw new Error('mine');
    });
    await discovery.start();
    expect(discovery.processes).toHaveLength(2);
  });

  it('deselects everything on close, without calling it ended', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    await discovery.close();
    expect(take(calls)).toEqual(['select 20 shop []', 'deselect 20']);
    expect(events).toEqual(['started 20 shop']);
    expect(discovery.health().status).toBe('closed');
    discovery.hintExec(20);
    expect(discovery.stats()['checks_waiting']).toBe(0);
  });

  it('says that reads were refused, with the cure, unless it has the capability that helps', async () => {
    fake.put(20, python);
    const denied = vi.spyOn(ProcFs.prototype, 'executable').mockImplementation(function (this: ProcFs) {
      this.denied++;
      return undefined;
    });
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    expect(discovery.health()).toEqual({ status: 'degraded', messages: [expect.stringContaining('CAP_SYS_PTRACE')] });
    const capable = vi.spyOn(ProcFs.prototype, 'mayReadAll').mockReturnValue(true);
    await discovery.scan();
    expect(discovery.health().status).toBe('healthy');
    denied.mockRestore();
    capable.mockRestore();
  });

  it('says what is missing where there is no procfs', async () => {
    const discovery = new Discovery({ instrument: [{ exePath: '*' }] }, { procRoot: '/nonexistent' });
    await expect(discovery.start()).rejects.toMatchObject({ code: 'UNSUPPORTED_PLATFORM' });
  });

  it('refuses bad selectors before it starts', () => {
    expect(() => new Discovery({ instrument: [] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new Discovery({ instrument: [{ openPorts: '80-' }] })).toThrow(
      expect.objectContaining({ code: 'INVALID_PORT_RANGE' }),
    );
  });
});

describe('Discovery, of what a program has forked', () => {
  const options = { instrument: [{ exePath: '*/python*' }], identity: { hostName: 'h' } };
  const master = { ...python, stackStart: 7 };
  const titled = { ...master, commandLine: ['python3: worker'] };
  const instances = ({ processes }: Discovery) =>
    Object.fromEntries(processes.map(({ pid, service }) => [pid, `${service.name} ${service.instanceId}`]));

  it('makes one instance of a program and its workers, however they were found', async () => {
    fake.put(20, master);
    fake.put(21, { ...titled, parent: 20 });
    const discovery = await discover(options);
    fake.put(22, { ...titled, parent: 20 });
    discovery.hintFork(20, 22);
    fake.put(23, { ...titled, parent: 20 });
    discovery.hintFork(20, 23);
    discovery.hintListen(23, 8080, NETNS);
    await looked(discovery);
    fake.put(24, { ...titled, parent: 21 });
    await discovery.scan();
    expect(instances(discovery)).toEqual(Object.fromEntries([20, 21, 22, 23, 24].map((pid) => [pid, 'shop h:20'])));
  });

  it('makes another instance of what has executed a program itself, be it the same one', async () => {
    fake.put(20, master);
    const discovery = await discover(options);
    fake.put(21, { ...python, parent: 20, stackStart: 8 });
    discovery.hintFork(20, 21);
    discovery.processOf(21);
    discovery.hintExec(21);
    await looked(discovery);
    fake.put(22, { ...python, parent: 20, stackStart: 9 });
    await discovery.scan();
    expect(instances(discovery)).toEqual({ 20: 'shop h:20', 21: 'shop h:21', 22: 'shop h:22' });
  });

  it('calls workers whose parent is not selected by that, too', async () => {
    fake.put(20, master);
    fake.put(21, { ...titled, parent: 20 });
    fake.put(22, { ...titled, parent: 20 });
    const discovery = await discover({ ...options, instrument: [{ cmdArgs: '*worker*', name: 'shop' }] });
    expect(instances(discovery)).toEqual({ 21: 'shop h:20', 22: 'shop h:20' });
  });
});

describe('Discovery, of what the kernel has selected', () => {
  const ids: string[] = [];
  const followed: ProcessSink = { ...sink, decide: (id) => ids.push(id) };
  const instrument = [{ exePath: process.execPath, namespace: 'n' }];

  it('describes a process that was gone before it could be looked at by its executable', async () => {
    const discovery = await discover({ instrument }, followed);
    discovery.hintExec(77, ids.at(-1), true);
    await looked(discovery);
    expect(events).toEqual([]);
    expect(discovery.processOf(77)).toMatchObject({
      pid: 77,
      executable: process.execPath,
      commandLine: [],
      language: 'nodejs',
      service: { name: 'node', namespace: 'n' },
    });
    expect(take(events)).toEqual(['started 77 node', 'ended 77 node']);
    discovery.processOf(77);
    expect(events).toEqual([]);
  });

  it('describes one that listened and ended before it was looked at likewise', async () => {
    const discovery = await discover({ instrument: [...instrument, { openPorts: 80, name: 'web' }] }, followed);
    discovery.hintExec(77, ids.at(-1));
    discovery.hintListen(77, 80, NETNS, true);
    discovery.hintExit(77);
    expect(discovery.processOf(77)).toMatchObject({ executable: process.execPath, service: { name: 'node' } });
    discovery.hintListen(78, 80, NETNS, true);
    discovery.hintExit(78);
    expect(discovery.processOf(78)).toBeUndefined();
  });

  it('looks at a process before it is asked about it, and takes back what no selector describes', async () => {
    const discovery = await discover({ instrument }, followed);
    const id = ids.at(-1);
    fake.put(20, { executable: process.execPath, commandLine: ['/srv/shop.js'] });
    discovery.hintExec(20, id, true);
    expect(discovery.processOf(20)?.executable).toBe(process.execPath);
    expect(take(calls)).toEqual(['select 20 node []']);
    fake.put(21, { ...python });
    discovery.hintExec(21, id, true);
    expect(discovery.processOf(21)).toBeUndefined();
    expect(take(calls)).toEqual(['deselect 21']);
    fake.put(22, { ...python });
    discovery.hintListen(22, 80, NETNS, true);
    expect(discovery.processOf(22)).toBeUndefined();
    expect(take(calls)).toEqual(['deselect 22']);
  });
});

describe('Discovery, of a socket that was handed on', () => {
  const options = { instrument: [{ openPorts: 8080 }] };

  it('finds who holds it when the process that listened on it has ended', async () => {
    fake.listen(8080, 100);
    fake.put(20, { ...python, sockets: [100] });
    fake.put(21, { ...shell, sockets: [] });
    const discovery = await discover(options);
    fake.update(21, [100]);
    await discovery.scan();
    expect(discovery.processes.map(({ pid }) => pid)).toEqual([20]);
    fake.remove(20);
    await discovery.scan();
    await discovery.scan();
    expect(discovery.processes.map(({ pid }) => pid)).toEqual([21]);
  });

  it('finds who holds it when a connection was taken by nobody who is selected, and says when nobody is found', async () => {
    fake.listen(8080, 100);
    fake.put(20, { ...python, sockets: [100] });
    fake.put(21, { ...shell, sockets: [] });
    const discovery = await discover(options);
    fake.update(21, [100]);
    discovery.hintUnclaimed(8080);
    await expect.poll(() => discovery.processes.length).toBe(2);
    expect(discovery.health().status).toBe('healthy');
    const message = 'connections to port 8080 are served by a process that is not selected';
    await expect.poll(() => discovery.hintUnclaimed(8080) ?? discovery.health().messages).toContain(message);
  });
});

describe('Discovery, by hints', () => {
  it('finds a program that is executed, and not one that is gone by then', async () => {
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    fake.put(20, python);
    discovery.hintExec(20);
    discovery.hintExec(21);
    await looked(discovery);
    expect(take(events)).toEqual(['started 20 shop']);
  });

  it('evaluates a process anew when it executes another program', async () => {
    fake.put(20, python);
    fake.put(21, { ...python, startTicks: 21 });
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    take(calls);
    take(events);
    fake.put(20, shell);
    fake.put(21, { ...python, startTicks: 21, commandLine: ['python3', 'cart.py'] });
    for (const pid of [20, 21]) discovery.hintExec(pid);
    await looked(discovery);
    expect(take(calls)).toEqual(['deselect 20', 'select 21 cart []']);
    expect(take(events)).toEqual(['ended 20 shop', 'ended 21 shop', 'started 21 cart']);
  });

  it('does not look at programs that others execute, where all selectors name processes', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ targetPids: [20, 21] }] });
    const { examined } = discovery.stats();
    fake.put(30, shell);
    discovery.hintExec(30);
    expect(discovery.stats()['checks_waiting']).toBe(0);
    fake.put(21, shell);
    discovery.hintExec(21);
    fake.put(22, { ...shell, parent: 20 });
    discovery.hintFork(20, 22);
    discovery.hintExec(22);
    await looked(discovery);
    expect(discovery.stats()['examined']).toBeGreaterThan(examined as number);
    expect(discovery.processes.map(({ pid }) => pid).sort()).toEqual([20, 21, 22]);
  });

  it('selects a process by the port that it begins to listen on', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ openPorts: 8080 }] });
    discovery.hintListen(20, 9090, NETNS);
    expect(discovery.stats()['checks_waiting'], 'nobody asks for this port').toBe(0);
    discovery.hintListen(20, 8080, NETNS);
    await looked(discovery);
    expect(take(calls)).toEqual(['select 20 shop [8080]']);
    discovery.hintListen(20, 9091, NETNS);
    discovery.hintListen(20, 9091, NETNS);
    expect(take(calls)).toEqual(['addPort 20 9091 true']);
  });

  it("knows a child at once, as part of its parent's instance, and announces it when it is asked for", async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ targetPids: [20], name: 'shop', namespace: 'n' }] });
    take(events);
    fake.put(30, { ...python, parent: 20 });
    discovery.hintFork(20, 30);
    expect(events).toEqual([]);
    const child = discovery.processOf(30);
    expect(child).toMatchObject({
      pid: 30,
      startTicks: 30,
      service: { name: 'shop', namespace: 'n', instanceId: expect.stringMatching(/:20$/) },
    });
    expect(take(events)).toEqual(['started 30 shop']);
    await looked(discovery);
    expect(discovery.processOf(30), 'one object per life').toBe(child);
    expect(events).toEqual([]);
  });

  it('announces a child that stays, without being asked', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ targetPids: [20] }] });
    take(events);
    fake.put(30, { ...python, parent: 20 });
    discovery.hintFork(20, 30);
    await looked(discovery);
    expect(take(events)).toEqual(['started 30 shop']);
    discovery.hintFork(30, 31);
    fake.put(31, { ...python, parent: 30 });
    await looked(discovery);
    expect(take(events)).toEqual(['started 31 shop']);
  });

  it('calls a child by the program it executes, and drops it when that is excluded', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ targetPids: [20] }], exclude: [{ exePath: '*/curl' }] });
    take(events);
    take(calls);
    for (const [pid, process] of [
      [30, shell],
      [31, { ...shell, executable: '/bin/curl' }],
    ] as const) {
      fake.put(pid, { ...process, parent: 20 });
      discovery.hintFork(20, pid);
      discovery.hintExec(pid);
    }
    await looked(discovery);
    expect(take(events)).toEqual(['started 30 dash']);
    expect(
      take(calls)
        .filter((call) => call.includes('31'))
        .at(-1),
    ).toBe('deselect 31');
    expect(discovery.processes.map(({ pid }) => pid)).toEqual([20, 30]);
  });

  it('keeps a child selected when its parent ends first', async () => {
    fake.put(20, python);
    fake.put(30, { ...shell, parent: 20 });
    const discovery = await discover({ instrument: [{ targetPids: [20] }] });
    fake.put(30, { ...shell, parent: 1, executable: '/bin/bash' });
    fake.remove(20);
    discovery.hintExit(20);
    discovery.hintExec(30);
    await looked(discovery);
    expect(discovery.processes.map(({ executable }) => executable)).toEqual(['/bin/bash']);
  });

  it('says nothing of a child that came and went unasked, but describes one that left a record', async () => {
    fake.put(20, python);
    const discovery = await discover({ instrument: [{ targetPids: [20] }] });
    take(events);
    for (const pid of [30, 31]) {
      discovery.hintFork(20, pid);
      discovery.hintExit(pid);
    }
    expect(discovery.processOf(31)).toMatchObject({ pid: 31, service: { name: 'shop' } });
    await looked(discovery);
    expect(events).toEqual(['started 31 shop', 'ended 31 shop']);
  });

  it('makes the kernel let go of a child whose parent is no longer selected', async () => {
    fake.put(20, shell);
    fake.put(30, { ...shell, parent: 20 });
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    fake.put(40, { ...shell, parent: 20 });
    discovery.hintFork(20, 40);
    await looked(discovery);
    expect(take(calls)).toEqual(['deselect 40']);
  });

  it('makes the kernel let go of it also when a scan saw the child first', async () => {
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    fake.put(40, { ...shell, parent: 20 });
    await discovery.scan();
    discovery.hintFork(20, 40);
    await looked(discovery);
    expect(take(calls)).toEqual(['deselect 40']);
  });

  it('asks procfs nothing when it is asked about a process it does not know', async () => {
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    fake.put(77, python);
    expect(discovery.processOf(77)).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('is not confused by a fork record that a scan was faster than', async () => {
    fake.put(20, python);
    fake.put(30, { ...python, parent: 20 });
    const discovery = await discover({ instrument: [{ targetPids: [20] }] });
    take(events);
    const child = discovery.processOf(30);
    discovery.hintFork(20, 30);
    await looked(discovery);
    expect(discovery.processOf(30)).toBe(child);
    expect(events).toEqual([]);
  });

  it('ends a process on its exit, and selects anew one that is alive nevertheless', async () => {
    fake.put(20, python);
    fake.put(21, python);
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    take(calls);
    fake.put(20, { ...python, state: 'Z' });
    discovery.hintExit(20);
    discovery.hintExit(21);
    expect(take(calls)).toEqual(['deselect 20', 'deselect 21']);
    await looked(discovery);
    expect(take(calls)).toEqual(['select 21 shop []']);
  });

  it('bounds a storm, counts what found no room, and finds that by comparing', async () => {
    const discovery = await discover({ instrument: [{ exePath: '*python*' }] });
    for (let pid = 10_000; pid < 13_000; pid++) discovery.hintExec(pid);
    fake.put(12_999, python);
    expect(discovery.stats()).toMatchObject({ checks_waiting: 1024, checks_dropped: 1976 });
    await expect.poll(() => events).toEqual(['started 12999 shop']);
  });
});
