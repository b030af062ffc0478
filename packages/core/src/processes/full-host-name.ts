import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { fulfilledWithin } from '../deadline.ts';
import type { HostIdentity } from '../options/options.ts';

/** Longest wait: a broken DNS must not hold up the start. */
const TIMEOUT_MS = 500;
/** Enough for what has a name; a host of containers has hundreds of interfaces. */
const MOST_ADDRESSES = 16;

/** What is known of names; the system's by default. */
export interface NameSources {
  /** Text of `/etc/hosts`. */
  hosts(): Promise<string>;
  /** Addresses of this host, loopback aside. */
  addresses(): readonly string[];
  namesOf(address: string): Promise<readonly string[]>;
}

/** The identity with the full name of the host, where it asks for that and there is one. */
export async function withFullHostName(identity: HostIdentity): Promise<HostIdentity> {
  if (identity.hostName !== undefined || identity.hostNameFromDns !== true) return identity;
  // Not the system's own resolver: its look-ups cannot be called off, and block a thread of the pool until they fail.
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  const hostName = await fullHostName(hostname(), {
    hosts: () => readFile('/etc/hosts', 'utf8'),
    addresses: ownAddresses,
    namesOf: (address) => resolver.reverse(address),
  });
  resolver.cancel();
  return hostName === undefined ? identity : { ...identity, hostName };
}

/**
 * The name of this host with its domain: what `/etc/hosts` has beside the short name, else what DNS calls one of its addresses, if that begins
 * with the short name and a dot. Undefined where there is none, where the short one has a dot itself, and after the timeout.
 */
export async function fullHostName(
  shortName: string,
  sources: NameSources,
  timeoutMs: number = TIMEOUT_MS,
): Promise<string | undefined> {
  if (shortName.includes('.') || shortName === '') return undefined;
  const beginning = `${shortName.toLowerCase()}.`;
  const isFull = (name: string): boolean => name.toLowerCase().startsWith(beginning);
  let found = namesBeside(shortName, await sources.hosts().catch(() => '')).find(isFull);
  const ask = async (address: string): Promise<void> => {
    const names = await sources.namesOf(address).catch(() => []);
    found ??= names.find(isFull);
  };
  if (found === undefined) await fulfilledWithin(Promise.all(sources.addresses().map(ask)), timeoutMs);
  return found?.replace(/\.$/, '');
}

/** Names on the lines that have the short one (hosts(5)). */
function namesBeside(shortName: string, hosts: string): string[] {
  const lines = hosts.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1));
  return lines.filter((names) => names.includes(shortName)).flat();
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ internal }) => !internal)
    .slice(0, MOST_ADDRESSES)
    .map(({ address }) => address);
}
