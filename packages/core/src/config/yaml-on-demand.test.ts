import { expect, it, vi } from 'vitest';

vi.mock('yaml', () => {
  throw new Error('yaml was loaded');
});

it('a program that configures itself in TypeScript does not load the YAML parser', async () => {
  const { loadConfig, resolveOptions } = await import('../index.ts');
  expect(resolveOptions({ discovery: { instrument: [{ openPorts: 80 }] } }).exporters).toEqual([]);
  await expect(loadConfig('open_port: 80', {})).rejects.toThrow();
});
