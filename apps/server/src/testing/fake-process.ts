// A child process as the fleets see it, whose end a test decides. Not part of the product.

import type { MediaProcess } from '../processes/media-fleet.ts';

/** A process that does what it is told, and what that was. */
export type FakeProcess = MediaProcess & { isUp: boolean; readonly calls: string[]; refuse: Error | undefined };

/** Creates a process that is up. */
export function createFakeProcess(name: string): FakeProcess {
  const calls: string[] = [];
  const fake: FakeProcess = {
    name,
    isUp: true,
    calls,
    refuse: undefined,
    request: async <T>(method: string, ...args: readonly unknown[]) => {
      calls.push(method);
      if (fake.refuse !== undefined) throw fake.refuse;
      return { args } as T;
    },
    post: (method) => void calls.push(method),
  };
  return fake;
}
