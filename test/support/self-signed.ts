import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** A certificate for 127.0.0.1 that signs itself, for a day; its files end with the test. */
export async function selfSigned(): Promise<{ certFile: string; tls: { cert: Buffer; key: Buffer } }> {
  const directory = mkdtempSync(join(tmpdir(), 'beyla-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  await promisify(execFile)('openssl', ['req', '-x509', ...subject, ...made, '-out', certFile]);
  return { certFile, tls: { cert: readFileSync(certFile), key: readFileSync(keyFile) } };
}
