import type { Host } from './host.ts';

/**
 * Tells whether lockdown (security/lockdown/lockdown.c) forbids BPF from reading kernel memory, which the mode `confidentiality`
 * does; undefined where that cannot be told.
 *
 * securityfs names the mode where it is mounted. Elsewhere, as in most containers, the boot parameters and the build configuration
 * name the least that holds, and a file that confidentiality closes to everybody shows by being open that it does not hold.
 */
export function lockdown(host: Host): { readonly forbidsReading: boolean | undefined; readonly found: string } {
  const file = host.read('/sys/kernel/security/lockdown');
  const mode = typeof file === 'string' ? /\[(none|integrity|confidentiality)\]/.exec(file)?.[1] : undefined;
  if (mode !== undefined) return { forbidsReading: mode === 'confidentiality', found: mode };
  const config = host.kernelConfig();
  if (config !== undefined && !/^CONFIG_SECURITY_LOCKDOWN_LSM=y$/m.test(config)) {
    return { forbidsReading: false, found: 'none: this kernel is built without lockdown' };
  }
  const commandLine = host.read('/proc/cmdline');
  const asked = typeof commandLine === 'string' ? /(?:^|\s)lockdown=(\w+)/.exec(commandLine)?.[1] : undefined;
  const forced = /^CONFIG_LOCK_DOWN_KERNEL_FORCE_(\w+)=y$/m.exec(config ?? '')?.[1]?.toLowerCase();
  if (asked === 'confidentiality' || forced === 'confidentiality') {
    return { forbidsReading: true, found: 'confidentiality, by boot parameter or build' };
  }
  const isOpen = ['/sys/kernel/tracing/events/header_page', '/proc/kcore'].some(
    (path) => host.open(path) === undefined,
  );
  if (isOpen) return { forbidsReading: false, found: 'not confidentiality: files that it closes are open' };
  const least =
    asked === 'integrity' || forced === 'integrity' ? 'at least integrity, by boot parameter or build' : 'not told';
  return { forbidsReading: undefined, found: least };
}
