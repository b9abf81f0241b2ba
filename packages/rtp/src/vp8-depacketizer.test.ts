import { ticks, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';

const KEY = [0x10, 0x67, 0, 0x9d, 0x01, 0x2a, 0x42, 0x01, 0xb6, 0];
const DELTA = [0x51, 0x19, 0, 0x11];

type Layered = { tid: number; tl0: number; sync?: boolean; key?: boolean; pid?: number };

function payloadOf({ tid, tl0, sync, key, pid }: Layered): Uint8Array {
  const picture = pid === undefined ? [] : [0x80 | (pid >>> 8), pid & 0xff];
  const flags = 0x60 | (pid === undefined ? 0 : 0x80);
  return new Uint8Array([0x90, flags, ...picture, tl0 & 0xff, (tid << 6) | (sync ? 0x20 : 0), ...(key ? KEY : DELTA)]);
}

/** Sends one packet per frame, without those lost; returns the indexes that come out, and whether a keyframe is due. */
function play(frames: readonly Layered[], lost: readonly number[]): { got: number[]; needsKeyframe: boolean } {
  const depacketizer = createDepacketizer('vp8');
  const got: number[] = [];
  for (const [i, frame] of frames.entries()) {
    if (lost.includes(i)) continue;
    const packet = {
      payload: payloadOf(frame),
      marker: true,
      sequence: i,
      timestamp: ticks(i * 3000),
      arrivedAt: unixUs(0),
    };
    for (const { pts } of depacketizer.push(packet)) got.push(pts / 3000);
  }
  return { got, needsKeyframe: depacketizer.needsKeyframe };
}

// L1T3 as browsers send it: layers 0 2 1 2, the first upper frames after a keyframe with layer sync.
const L1T3: readonly Layered[] = [
  { tid: 0, tl0: 255, key: true },
  { tid: 2, tl0: 255, sync: true },
  { tid: 1, tl0: 255, sync: true },
  { tid: 2, tl0: 255 },
  { tid: 0, tl0: 0 },
  { tid: 2, tl0: 0 },
  { tid: 1, tl0: 0 },
  { tid: 2, tl0: 0 },
  { tid: 0, tl0: 1 },
  { tid: 2, tl0: 1, sync: true },
  { tid: 1, tl0: 1, sync: true },
  { tid: 2, tl0: 1 },
];

describe('VP8 with temporal layers', () => {
  it.each([
    ['nothing', [], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], false],
    ['a top layer frame', [3], [0, 1, 2, 4, 8, 9, 10, 11], false],
    ['a middle layer frame', [6], [0, 1, 2, 3, 4, 5, 8, 9, 10, 11], false],
    ['a base layer frame', [4], [0, 1, 2, 3], true],
    ['a whole period', [4, 5, 6, 7], [0, 1, 2, 3], true],
    ['all upper frames', [1, 2, 3, 5, 6, 7], [0, 4, 8, 9, 10, 11], false],
  ])('goes on as far as the layers allow after losing %s', (_name, lost, got, needsKeyframe) => {
    expect(play(L1T3, lost)).toEqual({ got, needsKeyframe });
  });

  it('does not go on above a frame it had to drop, whatever synced before', () => {
    const frames: Layered[] = [
      { tid: 0, tl0: 0, key: true },
      { tid: 1, tl0: 0 },
      { tid: 2, tl0: 0, sync: true },
      { tid: 2, tl0: 0 },
      { tid: 1, tl0: 0, sync: true },
      { tid: 2, tl0: 0 },
    ];

    expect(play(frames, [1])).toEqual({ got: [0, 2, 4], needsKeyframe: false });
  });

  it('knows by the picture id that only padding was lost', () => {
    const frames: Layered[] = [
      { tid: 0, tl0: 5, key: true, pid: 0x7fff },
      { tid: 0, tl0: 6, pid: 0 },
      { tid: 0, tl0: 6, pid: 0 },
    ];
    const depacketizer = createDepacketizer('vp8');
    const got = [0, 7].flatMap((sequence, i) => {
      const payload = payloadOf(frames[i] ?? { tid: 0, tl0: 0 });
      return depacketizer
        .push({ payload, marker: true, sequence, timestamp: ticks(i * 3000), arrivedAt: unixUs(0) })
        .map(({ type }) => type);
    });

    expect(got).toEqual(['key', 'delta']);
  });

  it('trusts no counter across a loss it may have gone round in', () => {
    const frames: Layered[] = Array.from({ length: 300 }, (_, i) => ({ tid: 0, tl0: i, key: i === 0 }));
    const lost = Array.from({ length: 256 }, (_, i) => i + 1);

    expect(play(frames, lost)).toEqual({ got: [0], needsKeyframe: true });
  });
});
