// A steady beat for pictures that the page draws itself.

/** Calls `onTick` every `periodMs` until the returned function is called, also in a background tab. */
export function startTicker(periodMs: number, onTick: () => void): () => void {
  const worker = new Worker(new URL('./ticker-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = onTick;
  worker.postMessage(periodMs);
  return () => worker.terminate();
}
