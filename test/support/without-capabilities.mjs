// @ts-check
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const PRIVILEGED = process.getuid?.() === 0;

/**
 * Runs Node as this user without any capability, and resolves with what it printed. Another user could not: the checkout may lie where
 * only its owner gets in, as below /root.
 *
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
export async function runWithoutCapabilities(args) {
  const drop = PRIVILEGED ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];
  const [command = '', ...rest] = [...drop, process.execPath, ...args];
  const { stdout } = await promisify(execFile)(command, rest, { maxBuffer: 64 << 20 });
  return stdout;
}
