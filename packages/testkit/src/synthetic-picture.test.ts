import { describe, expect, it } from 'vitest';
import { readPicture } from './flash-detector.ts';
import { type I420Picture, SyntheticPicture } from './synthetic-picture.ts';

function lumaOf({ data, width, height }: I420Picture) {
  return { data, stride: width, width, height };
}

describe('synthetic picture', () => {
  it('flashes exactly in the first 100 ms of every second, at any frame rate and size', () => {
    for (const [width, height, fps] of [
      [320, 180, 30],
      [640, 480, 25],
      [96, 96, 10],
    ] as const) {
      const picture = new SyntheticPicture({ width, height, name: 'ada', participantIndex: 2 });
      const flashes = Array.from({ length: fps * 2 }, (_, i) => {
        const signalUs = Math.round((i * 1e6) / fps);
        return readPicture(lumaOf(picture.draw({ counter: i, signalUs }))).isFlash === signalUs % 1e6 < 100_000;
      });

      expect(flashes.every(Boolean)).toBe(true);
    }
  });

  it('carries its counter and participant through flash and normal pictures', () => {
    const picture = new SyntheticPicture({ width: 320, height: 180, name: 'Grace Hopper 1906', participantIndex: 9 });

    for (const moment of [
      { counter: 0, signalUs: 0 },
      { counter: 77, signalUs: 500_000 },
    ]) {
      expect(readPicture(lumaOf(picture.draw(moment)))).toMatchObject({ counter: moment.counter, participantIndex: 9 });
    }
  });

  it('shows a name in its own colour', () => {
    const options = { width: 320, height: 180, participantIndex: 0 };
    const ada = new SyntheticPicture({ ...options, name: 'ada' }).draw({ counter: 1, signalUs: 5e5 });
    const bob = new SyntheticPicture({ ...options, name: 'bob' }).draw({ counter: 1, signalUs: 5e5 });
    const chroma = 320 * 180;

    expect(ada.data[chroma]).not.toBe(bob.data[chroma]);
  });

  it('stays dark enough in its busiest form to be told from a flash', () => {
    const picture = new SyntheticPicture({ width: 640, height: 360, name: 'x', participantIndex: 0, isBusy: true });
    const lumas = Array.from({ length: 27 }, (_, i) => {
      const drawn = picture.draw({ counter: i + 3, signalUs: 100_000 + i * 33_333 });
      return readPicture(lumaOf(drawn)).meanLuma;
    });

    expect(Math.max(...lumas)).toBeLessThan(140);
  });
});
