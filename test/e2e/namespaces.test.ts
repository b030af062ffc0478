import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { needsBpf, unless } from '../support/capability.ts';

const SIDECAR = fileURLToPath(new URL('../apps/sidecar.mjs', import.meta.url));
const IN_TIME_NAMESPACE = fileURLToPath(new URL('../apps/in-time-namespace.mjs', import.meta.url));

interface Outcome {
  readonly own: number;
  readonly early: number;
  readonly late: number;
  readonly requests: number;
  readonly seen: readonly { pid: number; service: string; key: string }[];
  readonly drops: Readonly<Record<string, number>>;
}

interface Moments {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly seenMs: number;
  readonly spans: readonly { beganMs: number; endedMs: number }[];
  readonly drops: Readonly<Record<string, number>>;
}

describe('in a PID and a network namespace of its own', needsBpf, () => {
  it('selects by the ids of its namespace, follows forks there, and sees all and only what is in it', async () => {
    const arguments_ = ['--pid', '--net', '--fork', '--kill-child', '--mount-proc', process.execPath, SIDECAR];
    const { stdout } = await promisify(execFile)('unshare', arguments_, { timeout: 60_000 });
    const { own, early, late, requests, seen, drops } = JSON.parse(stdout) as Outcome;
    expect(own).toBe(1);
    const ofNode = seen.filter(({ pid }) => pid === early);
    const ofPython = seen.filter(({ pid }) => pid !== early);
    expect(ofNode.map(({ key }) => key)).toEqual(Array(requests).fill('http.server GET /hello 200'));
    expect(ofPython.map(({ key }) => key)).toEqual(Array(requests).fill('http.server GET /hello 200'));
    expect(ofPython.every(({ service }) => service === 'python-server')).toBe(true);
    // Children have the numbers of this namespace: small ones, above their parent's.
    expect(ofPython.every(({ pid }) => pid >= late && pid < late + 100)).toBe(true);
    expect(Object.values(drops).every((count) => count === 0)).toBe(true);
  });
});

const hasTimeNamespaces = existsSync('/proc/self/ns/time');

describe(
  'in a time namespace of its own',
  hasTimeNamespaces ? needsBpf : unless('needs time namespaces (Linux 5.6)'),
  () => {
    // Of a container that was moved here from a host that has run for longer, or for less.
    it.each(['100000', '-10'])('tells wall time though CLOCK_MONOTONIC is moved by %s s', async (offset) => {
      const arguments_ = [
        '--time',
        `--monotonic=${offset}`,
        '--fork',
        '--kill-child',
        process.execPath,
        IN_TIME_NAMESPACE,
      ];
      const { stdout } = await promisify(execFile)('unshare', arguments_, { timeout: 60_000 });
      const { sentMs, answeredMs, seenMs, spans, drops } = JSON.parse(stdout) as Moments;
      expect(spans).toHaveLength(1);
      expect(spans[0]?.beganMs).toBeGreaterThanOrEqual(sentMs - 1);
      expect(spans[0]?.endedMs).toBeLessThanOrEqual(answeredMs + 1);
      // The end of an answer is found by looking at what has been silent for a while: by the same clock.
      expect(seenMs - answeredMs).toBeLessThan(10_000);
      expect(Object.values(drops).every((count) => count === 0)).toBe(true);
    });
  },
);
