import { describe, expect, it } from 'vitest';
import { fullHostName, type NameSources, withFullHostName } from './full-host-name.ts';

function sources(hosts: string, names: Readonly<Record<string, readonly string[]>> = {}): NameSources {
  return {
    hosts: async () => hosts,
    addresses: () => Object.keys(names),
    namesOf: async (address) => {
      const found = names[address] ?? [];
      if (found.length === 0) throw new Error('ENOTFOUND');
      return found;
    },
  };
}

const HOSTS = '127.0.0.1 localhost\n10.0.0.8\tweb1.other.test\n127.0.1.1\tWeb1.shop.test web1 # web1.comment.test\n';

describe('fullHostName()', () => {
  it('is the name that /etc/hosts has beside the short one', async () => {
    expect(await fullHostName('web1', sources(HOSTS, { '10.0.0.7': ['web1.dns.test'] }))).toBe('Web1.shop.test');
  });

  it('is else a name of one of its addresses that begins with the short name', async () => {
    const names = { '10.0.0.9': [], '10.0.0.7': ['other.shop.test', 'web1.dns.test.'] };
    expect(await fullHostName('web1', sources('127.0.0.1 localhost web1', names))).toBe('web1.dns.test');
  });

  it('is nothing where there is no such name, and where the name has a dot already', async () => {
    expect(await fullHostName('web', sources(HOSTS, { '10.0.0.7': ['web1.shop.test'] }))).toBeUndefined();
    expect(await fullHostName('web1.lan', sources(HOSTS, { '10.0.0.7': ['web1.lan.test'] }))).toBeUndefined();
    const bare = { ...sources(''), hosts: () => Promise.reject(new Error('ENOENT')) };
    expect(await fullHostName('web1', bare)).toBeUndefined();
  });

  it('waits for a DNS that does not answer no longer than its timeout', async () => {
    const silent: NameSources = { ...sources('', { '10.0.0.7': [] }), namesOf: () => new Promise(() => undefined) };
    const startedMs = performance.now();
    expect(await fullHostName('web1', silent, 20)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(400);
  });

  it('gives way to a host name that was given, and asks only when it is told to', async () => {
    const given = { hostName: 'db1', hostNameFromDns: true };
    expect(await withFullHostName(given)).toBe(given);
    const silent = { hostId: 'h' };
    expect(await withFullHostName(silent)).toBe(silent);
  });
});
