// @ts-check
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Paths of PEM files: an authority, and a certificate of localhost and 127.0.0.1 that it signed, good for servers and clients.
 *
 * @typedef {{ readonly ca: string, readonly cert: string, readonly key: string, remove(): void }} TlsFiles
 */

/** Makes an authority of its own for each call, valid for a day. @returns {TlsFiles} */
export function makeTlsFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const at = (/** @type {string} */ name) => join(folder, name);
  const openssl = (/** @type {string[]} */ ...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = ['-subj', '/CN=test authority', '-addext', 'keyUsage=critical,keyCertSign', '-days', '1'];
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'ext'];
  writeFileSync(at('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  openssl('req', '-x509', ...newKey, ...authority, '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl('req', ...newKey, '-subj', '/CN=127.0.0.1', '-keyout', 'key.pem', '-out', 'csr.pem');
  openssl('x509', '-req', '-in', 'csr.pem', ...signed, '-out', 'cert.pem');
  return {
    ca: at('ca.pem'),
    cert: at('cert.pem'),
    key: at('key.pem'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
