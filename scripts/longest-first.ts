// The order in which test files begin: those that take long come first, so that files that run beside each other end
// together. Vitest knows that only from an earlier run, and a clean checkout has none.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of ten seconds and more, longest first, by what `npm test` prints at its end. */
const LONGEST: readonly string[] = [];

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
