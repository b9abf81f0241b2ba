import { defineConfig } from 'vitest/config';

/** Tests that play in real time through browsers, native transports or whole servers. */
const REAL_TIME = [
  'packages/*/src/**/{chromium,browser-source}.test.ts',
  'tests/{browser,docs,e2e,sdk}/**/*.test.ts',
  'tests/hostile/{media-ports,publisher}.test.ts',
];

// Unit tests stand beside their source and share both cores. What plays in real time comes after them, one file
// at a time: two films at once on two cores would measure the machine, not us.
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'tests/tidy/*.test.ts',
            'tests/{bench,hostile}/*.test.ts',
          ],
          exclude: REAL_TIME,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real-time',
          include: REAL_TIME,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
