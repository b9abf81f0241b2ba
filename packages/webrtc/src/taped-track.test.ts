import type { FrameEntry } from '@roomtape/tape';
import { afterEach, describe, expect, it } from 'vitest';
import { PlaneHarness } from './testing/plane-harness.ts';
import { h264Frame, type TestCodec } from './testing/test-publisher.ts';

let harness: PlaneHarness;
afterEach(() => harness.close());

/** What becomes of pictures of these numbers, 100 ms apart: the distances of their PTS, in pictures. */
async function tapeOf(codec: TestCodec, numbers: readonly number[]): Promise<number[]> {
  harness = new PlaneHarness();
  const { clock } = harness;
  const { publisher } = await harness.open({ kind: 'publish' }, { codec });
  clock.advance(10);
  await harness.tape();
  numbers.forEach((number, index) => {
    const key = index === 0;
    const vp8 = new Uint8Array(100).fill(0x55);
    vp8.set(key ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0x68, 1] : [0x11, 0, 0]);
    const data = codec === 'vp8' ? vp8 : h264Frame(key, number, 500);
    publisher.sendEncoded({ key, ptsUs: number * 100_000, data });
    clock.advance(100);
  });
  const frames = (await harness.entries()).filter((entry): entry is FrameEntry => entry.kind === 'frame');
  const first = frames[0]?.pts ?? 0;
  return frames.map((frame) => (frame.pts - first) / 9000);
}

describe('a tape begun before its stream', () => {
  it('asks for no keyframe when the stream begins with one', async () => {
    harness = new PlaneHarness();
    await harness.tape();
    const { publisher } = await harness.publish();
    harness.clock.advance(1500);
    expect(publisher.feedback['picture-loss'] ?? 0).toBe(0);
    expect(publisher.frames.filter((frame) => frame.key).length).toBe(1);
    expect((await harness.entries()).some((entry) => entry.kind === 'frame' && entry.data.length > 200)).toBe(true);
  });
});

describe('the PTS on a tape', () => {
  it('is that of the source, also where pictures are not sent in the order they are shown in', async () => {
    expect(await tapeOf('h264', [0, 3, 1, 2, 6, 4, 5])).toEqual([0, 3, 1, 2, 6, 4, 5]);
  });

  it('does not go back farther than reordering explains, and no two pictures have the same', async () => {
    const tick = 1 / 9000;
    const placed = await tapeOf('h264', [0, 20, 5, 21, 21.00001]);
    expect(placed.slice(0, 2)).toEqual([0, 20]);
    expect(placed[2]).toBeCloseTo(20 + tick, 6);
    expect(placed[3]).toBe(21);
  });

  it('rises for codecs whose pictures are sent in order', async () => {
    const placed = await tapeOf('vp8', [0, 3, 1, 4]);
    expect(placed[2]).toBeGreaterThan(3);
    expect(placed[3]).toBe(4);
  });
});
