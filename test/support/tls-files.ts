import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files: an authority, and a certificate of 127.0.0.1 that it signed, good for servers and clients. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

/** Makes an authority of its own for each call, valid for a day. */
export function makeTlsFiles(): TlsFiles {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '1',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl('req', ...newKey, '-subj', '/CN=127.0.0.1', '-keyout', 'key.pem', '-out', 'csr.pem');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'ext'];
  openssl('x509', '-req', '-in', 'csr.pem', ...signed, '-out', 'cert.pem');
  return {
    ca: at('ca.pem'),
    cert: at('cert.pem'),
    key: at('key.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
