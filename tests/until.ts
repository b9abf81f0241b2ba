// Waits for what other processes bring about. Unlike `expect.poll` it knows no current test, so that tests of one
// file may run at the same time.

import { vi } from 'vitest';

const PATIENCE_MS = 40_000;

/** Waits until a check answers true; fails after forty seconds with what was waited for. */
export function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const attempt = async (): Promise<void> => {
    if (!(await check())) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
  };
  return vi.waitFor(attempt, { timeout: PATIENCE_MS, interval: 100 });
}
