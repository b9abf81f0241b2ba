import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

/** Code of browsers: its tests replace modules and globals, so each file has a process of its own. */
const PAGES = ['packages/sdk/src/**/*.test.ts', 'apps/console/src/**/*.test.ts'];
/** Tests of whole servers and processes: they mostly wait. */
const SERVERS = [
  'apps/server/src/{serve,processes/leftover-children}.test.ts',
  'packages/testkit/src/whip-client.test.ts',
  'tests/{bench,hostile}/*.test.ts',
];
/** Tests of whole servers that also play for long. */
const PLAYING_SERVERS = [
  'tests/docs/*.test.ts',
  'tests/e2e/restart.test.ts',
  'tests/hostile/{media-ports,publisher}.test.ts',
];
/** Tests that play in real time through browsers or native transports: half of their time they compute. */
const REAL_TIME = ['packages/*/src/**/{chromium,browser-source}.test.ts', 'tests/{browser,docs,e2e,sdk}/**/*.test.ts'];
/** Those of them that judge sound against picture to milliseconds, of browsers or over several connections. */
const ALONE = [
  'packages/testkit/src/browser-source.test.ts',
  'tests/browser/{content,flash-beep}.test.ts',
  'tests/e2e/{chromium-codecs,rooms}.test.ts',
  'tests/sdk/local-content*.test.ts',
];

/** A machine that others share starves a browser now and then; `npm test` names what needed it. */
const SECOND_TRIES = 1;
/** Node processes that tests start are compiled once, not each time: a server starts in half the time. */
const CODE_CACHE = join(import.meta.dirname, 'node_modules', '.cache', 'node-code');

// Unit tests stand beside their source and share both cores. Whole servers come after them, three files at a time, then
// what plays in real time, two at a time. What measures milliseconds of a browser comes last and alone: two films at
// once on two cores would measure the machine, not us.
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { NODE_COMPILE_CACHE: CODE_CACHE },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/tidy/*.test.ts'],
          exclude: [...PAGES, ...SERVERS, ...REAL_TIME],
          // Files share two processes, and what those have imported: starting one for each took longer than most tests.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'pages', include: PAGES, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: SERVERS,
          exclude: PLAYING_SERVERS,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'playing-servers',
          include: PLAYING_SERVERS,
          maxWorkers: 3,
          retry: SECOND_TRIES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real-time',
          include: REAL_TIME,
          exclude: [...PLAYING_SERVERS, ...ALONE],
          maxWorkers: 2,
          retry: SECOND_TRIES,
          sequence: { groupOrder: 2 },
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
