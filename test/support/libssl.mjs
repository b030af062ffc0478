// @ts-check
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The libraries of OpenSSL that Debian's Python loads here. @returns {{ ssl: string, crypto: string }} */
export function systemOpenssl() {
  const script = 'import ssl; print(next(l.split()[-1] for l in open("/proc/self/maps") if "/libssl." in l))';
  const ssl = realpathSync(execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' }).trim());
  return { ssl, crypto: join(dirname(ssl), 'libcrypto.so.3') };
}
