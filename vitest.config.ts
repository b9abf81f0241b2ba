import { defineConfig } from 'vitest/config';

/** Tests that play in real time through browsers, native transports or whole servers: they mostly wait. */
const REAL_TIME = [
  'packages/*/src/**/{chromium,browser-source}.test.ts',
  'tests/{browser,docs,e2e,sdk}/**/*.test.ts',
  'tests/hostile/{media-ports,publisher}.test.ts',
];
/** Those of them that judge sound against picture to milliseconds, of browsers or over several connections. */
const ALONE = [
  'packages/testkit/src/browser-source.test.ts',
  'tests/browser/{content,flash-beep}.test.ts',
  'tests/e2e/{chromium-codecs,rooms}.test.ts',
  'tests/sdk/local-content*.test.ts',
];

/** A machine that others share starves a browser now and then; `npm test` names what needed it. */
const SECOND_TRIES = 1;

// Unit tests stand beside their source and share both cores. What plays in real time comes after them, two files
// at a time; what measures milliseconds of a browser comes last and alone: two films at once on two cores would
// measure the machine, not us.
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
          exclude: ALONE,
          maxWorkers: 2,
          retry: SECOND_TRIES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          maxWorkers: 1,
          fileParallelism: false,
          retry: SECOND_TRIES,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
