// Waits in tests for what another process or socket brings about, with room for a busy machine. Not part of the
// product.

import { vi } from 'vitest';

const PATIENCE_MS = 15_000;

/** Repeats a check until it passes; fails with its last error. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });
}
