import { describe, expect, it } from 'vitest';
import type { ProcessSelector } from '../options/options.ts';
import type { Language } from './process.ts';
import { compileSelectors, type ProcessFacts } from './selector.ts';

function facts(
  given: { pid?: number; exe?: string; cmd?: string; ports?: number[]; language?: Language; contained?: boolean } = {},
): ProcessFacts {
  return {
    pid: given.pid ?? 100,
    executable: given.exe ?? '/usr/bin/python3.11',
    commandLine: given.cmd ?? 'python3 /srv/shop.py',
    ports: () => given.ports ?? [],
    language: () => given.language ?? 'python',
    isContained: () => given.contained,
  };
}

const select = (...instrument: ProcessSelector[]): ReturnType<typeof compileSelectors> =>
  compileSelectors({ instrument });

describe('compileSelectors()', () => {
  it('ANDs the criteria of one entry', () => {
    const matcher = select({ exePath: '*/python3*', openPorts: '8000-8999' });
    expect(matcher.match(facts({ ports: [8080] }))).toBeDefined();
    expect(matcher.match(facts({ ports: [80] }))).toBeUndefined();
    expect(matcher.match(facts({ exe: '/usr/bin/node', ports: [8080] }))).toBeUndefined();
  });

  it('ORs the entries', () => {
    const matcher = select({ exePathRegexp: 'node$' }, { cmdArgs: '*shop.py' });
    expect(matcher.match(facts())).toBeDefined();
    expect(matcher.match(facts({ exe: '/usr/bin/node', cmd: 'node x.js' }))).toBeDefined();
    expect(matcher.match(facts({ cmd: 'python3 cart.py' }))).toBeUndefined();
  });

  it('selects with containersOnly what is known to be in a container', () => {
    const matcher = select({ exePath: '*/python*', containersOnly: true });
    expect(matcher.match(facts({ contained: true }))).toBeDefined();
    expect(matcher.match(facts({ contained: false }))).toBeUndefined();
    expect(matcher.match(facts())).toBeUndefined();
  });

  it('finds cmdArgsRegexp anywhere in the command line', () => {
    expect(select({ cmdArgsRegexp: '(shop|cart)\\.py$' }).match(facts({ cmd: 'python3 cart.py' }))).toBeDefined();
    expect(select({ cmdArgsRegexp: '(shop|cart)\\.py$' }).match(facts({ cmd: 'python3 cart.pyc' }))).toBeUndefined();
  });

  it('matches on process ids and on languages', () => {
    expect(select({ targetPids: [7, 9] }).match(facts({ pid: 9 }))).toBeDefined();
    expect(select({ targetPids: [7, 9] }).match(facts({ pid: 8 }))).toBeUndefined();
    expect(select({ languages: ['go', 'python'] }).match(facts())).toBeDefined();
    expect(select({ languages: ['go'] }).match(facts())).toBeUndefined();
  });

  it('lets any one of the ports of a process decide', () => {
    const matcher = select({ openPorts: [80, '443'] });
    expect(matcher.match(facts({ ports: [9090, 443] }))).toBeDefined();
    expect(matcher.wantsPort(443)).toBe(true);
    expect(matcher.wantsPort(444)).toBe(false);
  });

  it('lets a later matching entry override the name and namespace of an earlier one', () => {
    const matcher = select(
      { exePath: '*', name: 'all', namespace: 'shop' },
      { openPorts: 80, name: 'web' },
      { openPorts: 81 },
    );
    expect(matcher.match(facts())).toEqual({ name: 'all', namespace: 'shop' });
    expect(matcher.match(facts({ ports: [80, 81] }))).toEqual({ name: 'web', namespace: 'shop' });
  });

  it('gives the routes of the last matching entry that has some', () => {
    const routes = { incoming: ['/users/:id'] };
    const matcher = select(
      { exePath: '*', routes },
      { openPorts: 80, routes: { outgoing: ['/a'] } },
      { openPorts: 81 },
    );
    expect(matcher.match(facts({ ports: [81] }))?.routes).toBe(routes);
    expect(matcher.match(facts({ ports: [80, 81] }))?.routes).toEqual({ outgoing: ['/a'] });
  });

  it('answers exclusion with the same rules', () => {
    const matcher = compileSelectors({
      instrument: [{ exePath: '*' }],
      exclude: [{ exePath: '*python*', openPorts: 9000 }],
    });
    expect(matcher.excludes(facts({ ports: [9000] }))).toBe(true);
    expect(matcher.excludes(facts({ ports: [9001] }))).toBe(false);
    expect(matcher.wantsPort(9000)).toBe(true);
  });

  it('asks for ports and language only when the other criteria hold', () => {
    const never: ProcessFacts = {
      pid: 1,
      executable: '/bin/sh',
      commandLine: 'sh',
      ports: () => expect.unreachable('ports were read'),
      language: () => expect.unreachable('the language was read'),
      isContained: () => expect.unreachable('the namespace was read'),
    };
    expect(select({ openPorts: 80, languages: ['go'], exePath: '*/node' }).match(never)).toBeUndefined();
  });

  it.each(['/usr/lib/systemd/systemd', '/sbin/init', '/usr/bin/docker-proxy'])(
    'does not select %s by a port alone, since it holds sockets for others',
    (exe) => {
      expect(select({ openPorts: 80 }).match(facts({ exe, ports: [80] }))).toBeUndefined();
      expect(select({ openPorts: 80, exePath: exe }).match(facts({ exe, ports: [80] }))).toBeDefined();
    },
  );

  it('refuses an entry that has no criterion', () => {
    expect(() => select({ exePath: '*' }, { name: 'shop' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('`discovery.instrument[1]` has no criterion'),
      }),
    );
  });

  it.each([
    [{ openPorts: '80-' }, 'INVALID_PORT_RANGE', 'discovery.exclude[0].openPorts'],
    [{ exePathRegexp: '(' }, 'INVALID_PATTERN', 'discovery.exclude[0].exePathRegexp'],
    [{ exePath: '[' }, 'INVALID_PATTERN', 'discovery.exclude[0].exePath'],
    [{ cmdArgs: '{' }, 'INVALID_PATTERN', 'discovery.exclude[0].cmdArgs'],
  ])('names the option of the bad pattern in %j', (entry, code, path) => {
    expect(() => compileSelectors({ instrument: [{ exePath: '*' }], exclude: [entry] })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(`\`${path}\``) }),
    );
  });

  describe('decide', () => {
    const decide = (executable: string, options: Parameters<typeof compileSelectors>[0]) =>
      compileSelectors(options).decide(executable);

    it('selects by an entry that has criteria of the executable only, with its labels', () => {
      const instrument = [
        { exePath: '/bin/*', name: 'a' },
        { exePathRegexp: 'curl$', namespace: 'b' },
      ];
      expect(decide('/bin/curl', { instrument })).toMatchObject({ match: { name: 'a', namespace: 'b' } });
      expect(decide('/opt/app', { instrument })).toEqual({ match: undefined, isByPort: false, isUnwanted: true });
    });

    it.each([
      { cmdArgs: '*x*' },
      { openPorts: 80 },
      { languages: ['go'] as const },
      { targetPids: [7] },
      { containersOnly: true as const },
    ])('leaves what also asks for %o to a look at the process', (criterion) => {
      const instrument = [{ exePath: '/bin/*', ...criterion }];
      expect(decide('/bin/curl', { instrument })).toEqual({ match: undefined, isByPort: false, isUnwanted: false });
    });

    it('does not select what an exclusion may be about', () => {
      const instrument = [{ exePath: '*' }, { openPorts: 80 }];
      const decideWithout = (exclude: { exePath?: string; cmdArgs?: string }) =>
        decide('/bin/curl', { instrument, exclude: [exclude] });
      expect(decideWithout({ exePath: '*/wget' })).toMatchObject({ match: {}, isByPort: true });
      expect(decideWithout({ exePath: '*/curl' })).toEqual({ match: undefined, isByPort: false, isUnwanted: true });
      expect(decideWithout({ cmdArgs: '*secret*' })).toEqual({ match: undefined, isByPort: false, isUnwanted: false });
      expect(decideWithout({ exePath: '*/wget', cmdArgs: '*' })).toMatchObject({ match: {}, isByPort: true });
    });

    it('lets no port alone select a program that holds ports for others', () => {
      const instrument = [{ openPorts: 80 }];
      expect(decide('/usr/lib/systemd/systemd', { instrument }).isByPort).toBe(false);
      expect(decide('/usr/sbin/nginx', { instrument }).isByPort).toBe(true);
    });
  });
});
