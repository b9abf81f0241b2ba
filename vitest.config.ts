import { defineConfig } from 'vitest/config';

// Unit tests stand beside their source; `tests/` holds what crosses packages. Two workers: two cores.
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
