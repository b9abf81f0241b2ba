// The order in which test files begin: those that take long come first, so that files that run beside each other end
// together. Vitest knows that only from an earlier run, and a clean checkout has none.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of nine seconds and more, longest first, by what `npm test` prints at its end. */
const LONGEST: readonly string[] = [
  'tests/e2e/restart.test.ts',
  'tests/hostile/media-ports.test.ts',
  'tests/docs/commands.test.ts',
  'packages/webrtc/src/chromium.test.ts',
  'tests/browser/console.test.ts',
  'tests/browser/recorder-page.test.ts',
  'tests/hostile/publisher.test.ts',
  'tests/sdk/audio-observer.test.ts',
  'tests/browser/mix-page.test.ts',
  'tests/e2e/foreign-whip.test.ts',
  'packages/testkit/src/analyse-file.test.ts',
  'apps/server/src/serve.test.ts',
  'tests/e2e/whep-loss.test.ts',
  'tests/sdk/containers.test.ts',
  'tests/hostile/clocks.test.ts',
  'tests/hostile/disk-full.test.ts',
  'tests/sdk/local-crash.test.ts',
  'tests/sdk/storage.test.ts',
  'tests/e2e/mix.test.ts',
  'tests/sdk/behaviours.test.ts',
  'tests/hostile/room-socket.test.ts',
  'tests/hostile/sessions.test.ts',
  'packages/recorder/src/content.test.ts',
  'apps/server/src/http/recordings.test.ts',
];

/** Sorts as Vitest does, but for the files that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
  return rank === -1 ? LONGEST.length : rank;
}
