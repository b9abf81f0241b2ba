// What a video element in a page shows. Read over the debugging protocol: the page's policy allows no eval.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** A video element as it is now. */
export type VideoFacts = {
  readonly width: number;
  readonly currentTime: number;
  readonly duration: number;
  readonly readyState: number;
};

type VideoElement = { videoWidth: number; currentTime: number; duration: number; readyState: number };

/** Generous: two browsers that encode in software on a machine that has other work. */
const TIMEOUT_MS = 40_000;

/** Reads a video element. */
export function readVideo(video: Locator): Promise<VideoFacts> {
  return video.evaluate((element) => {
    const { videoWidth: width, currentTime, duration, readyState } = element as unknown as VideoElement;
    return { width, currentTime, duration, readyState };
  });
}

/** Waits until the element shows a picture. */
export async function untilPicture(video: Locator): Promise<void> {
  await expect.poll(async () => (await readVideo(video)).width, { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
}

/** Waits until the element has played for that many seconds. */
export async function untilPlayed(video: Locator, seconds: number): Promise<void> {
  await untilPicture(video);
  await expect
    .poll(async () => (await readVideo(video)).currentTime, { timeout: TIMEOUT_MS })
    .toBeGreaterThanOrEqual(seconds);
}
