// @ts-check
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';

/** Why no hosts can be made here; undefined: they can. */
export const noNetwork = existsSync('/usr/sbin/ip') || existsSync('/sbin/ip') ? undefined : 'needs ip (iproute2)';

let made = 0;

/**
 * Two hosts with a cable between them: network namespaces of ours with a veth pair. Receive packet steering spreads what arrives over all
 * CPUs, as on any server with more of them than queues; then a softirq interrupts whatever its CPU is doing.
 */
export class Network {
  /** @type {readonly [string, string]} */
  hosts;
  addresses = /** @type {const} */ (['10.231.7.1', '10.231.7.2']);

  constructor() {
    const name = `beyla-${process.pid}-${made++}`;
    this.hosts = [`${name}-a`, `${name}-b`];
    const [a, b] = this.hosts;
    try {
      for (const host of this.hosts) ip('netns', 'add', host);
      ip('link', 'add', 'v0', 'netns', a, 'type', 'veth', 'peer', 'name', 'v0', 'netns', b);
      for (const [index, host] of this.hosts.entries()) {
        ip('-n', host, 'addr', 'add', `${this.addresses[index]}/24`, 'dev', 'v0');
        ip('-n', host, 'link', 'set', 'lo', 'up');
        ip('-n', host, 'link', 'set', 'v0', 'up');
        const mask = (2n ** BigInt(cpus().length) - 1n).toString(16);
        const steering = `echo ${mask} > /sys/class/net/v0/queues/rx-0/rps_cpus`;
        // `ip netns exec` mounts a sysfs of the namespace.
        ip('netns', 'exec', host, 'sh', '-c', steering);
      }
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /**
   * The command line of a program on a host; `ip` becomes the program, so the process id is its own.
   *
   * @param {0 | 1} host
   * @param {readonly string[]} command
   */
  on(host, command) {
    return /** @type {const} */ (['ip', ['netns', 'exec', this.hosts[host], ...command]]);
  }

  async stop() {
    this.#remove();
  }

  #remove() {
    for (const host of this.hosts) {
      try {
        ip('netns', 'del', host);
      } catch {
        // It was not made.
      }
    }
  }
}

/** @param {readonly string[]} args */
function ip(...args) {
  const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH } });
}
