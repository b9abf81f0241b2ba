// What a video element in a page shows. Read over the debugging protocol: the page's policy allows no eval.

import type { Locator } from 'playwright-core';
import { until } from '../until.ts';

/** A video element as it is now. */
export type VideoFacts = {
  readonly width: number;
  readonly currentTime: number;
  readonly duration: number;
  readonly readyState: number;
};

type VideoElement = { videoWidth: number; currentTime: number; duration: number; readyState: number };

/** Reads a video element. */
export function readVideo(video: Locator): Promise<VideoFacts> {
  return video.evaluate((element) => {
    const { videoWidth: width, currentTime, duration, readyState } = element as unknown as VideoElement;
    return { width, currentTime, duration, readyState };
  });
}

/** Waits until the element shows a picture. */
export async function untilPicture(video: Locator): Promise<void> {
  await until('the video shows a picture', async () => (await readVideo(video)).width > 0);
}

/** Waits until the element has played for that many seconds. */
export async function untilPlayed(video: Locator, seconds: number): Promise<void> {
  await untilPicture(video);
  await until(`${seconds} s are played`, async () => (await readVideo(video)).currentTime >= seconds);
}
