import { describe, expect, it } from 'vitest';
import type { HostReport } from './report.ts';
import { runDoctor } from './run-doctor.ts';

function report(isUsable: boolean): HostReport {
  const status = isUsable ? 'available' : 'unavailable';
  const missing = isUsable ? [] : ['btf'];
  return {
    platform: 'linux',
    architecture: 'x64',
    kernel: '6.1.0',
    isUsable,
    sources: { sock_length: { status, missing }, syscall: { status, missing } },
    features: [
      isUsable
        ? { id: 'btf', title: 'BTF', status, found: '/sys/kernel/btf/vmlinux', isRequired: true }
        : {
            id: 'btf',
            title: 'BTF',
            status,
            found: 'ENOENT',
            cause: 'built without it',
            cure: 'Use another kernel.',
            isRequired: true,
          },
    ],
  };
}

async function run(args: string[], isUsable: boolean): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await runDoctor(
    args,
    (part) => {
      text += part;
    },
    async () => report(isUsable),
  );
  return { code, text };
}

describe('beyla-doctor', () => {
  it('exits with 0 where a source can be used', async () => {
    const { code, text } = await run([], true);
    expect(code).toBe(0);
    expect(text).toContain('Ready');
    expect(text).toMatch(/^BTF +yes +\/sys/m);
  });

  it('exits with 1 where none can, and names cause, cure and what each source lacks', async () => {
    const { code, text } = await run([], false);
    expect(code).toBe(1);
    expect(text).toMatch(
      /^BTF +no +ENOENT {2}\[required\]\n +because built without it\n +cure: Use another kernel\.$/m,
    );
    expect(text).toMatch(/^Source syscall +no +\(lacks: btf\)$/m);
  });

  it('prints the report as JSON when asked to', async () => {
    const { code, text } = await run(['--json'], false);
    expect(code).toBe(1);
    expect(JSON.parse(text)).toEqual(report(false));
  });

  it('explains itself, also on a wrong argument', async () => {
    expect(await run(['--help'], false)).toMatchObject({ code: 0, text: expect.stringContaining('Usage') });
    expect(await run(['--jsno'], true)).toMatchObject({ code: 2, text: expect.stringContaining('--jsno') });
  });
});
