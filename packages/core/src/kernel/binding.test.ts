import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadNative } from './binding.ts';

afterEach(() => vi.unstubAllGlobals());

describe('loadNative()', () => {
  it.each([
    ['darwin', 'arm64'],
    ['linux', 'arm64'],
    ['win32', 'x64'],
  ])('says that %s-%s is not supported, with what to do there', (platform, arch) => {
    vi.stubGlobal('process', { ...process, platform, arch });
    expect(() => loadNative()).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_PLATFORM',
        message: expect.stringContaining(`${platform}-${arch}`),
      }),
    );
  });

  it('gives the addon, or a typed error that says why there is none', () => {
    try {
      expect(loadNative().libbpfVersion()).toMatch(/^1\./);
      expect(loadNative()).toBe(loadNative());
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(NATIVE_MISSING|UNSUPPORTED_PLATFORM)$/) });
    }
  });
});
