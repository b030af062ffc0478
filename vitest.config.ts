import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Unit tests run on the sources: no build is needed before them.
const alias = { '@beyla/core': fileURLToPath(new URL('packages/core/src/index.ts', import.meta.url)) };

// Without compilers there is no addon and no BPF object (scripts/test.sh); what is left runs on the sources alone.
const notBuilt = ['native/test/**', 'test/contract/addon.test.ts', 'test/contract/layout.test.ts'];
const exclude = ['**/node_modules/**', ...(process.env['BEYLA_NOT_BUILT'] === '1' ? notBuilt : [])];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          // A property test takes its time on a busy machine; what hangs is still found.
          testTimeout: 60_000,
          include: [
            'packages/*/src/**/*.test.ts',
            'native/test/**/*.unit.test.ts',
            'test/contract/**/*.test.ts',
            'test/vm/*.test.mjs',
            'test/bench/*.test.mjs',
            'test/field/*.test.mjs',
            'test/matrix/*.test.mjs',
            'examples/*/*.test.mjs',
          ],
          exclude,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'native/test/**/*.root.test.ts'],
          exclude,
          pool: 'forks',
          maxWorkers: 1,
          // Real time on a shared machine; the closing lines name every test that needed it.
          retry: 1,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
