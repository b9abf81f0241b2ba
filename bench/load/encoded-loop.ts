// The media every benchmark sends: ten seconds of a synthetic participant, encoded once and kept in the
// temporary directory. What is measured must not be what encodes.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { type EncodedLoop, encodeLoop } from '@roomtape/testkit';

/** What a loop looks like. */
export type LoopSpec = {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly videoBitrateBps: number;
  readonly gopSeconds: number;
  readonly seconds: number;
};

/** What the figures are stated for: 720p30 H.264 of 1.5 Mbit/s, a keyframe every 2 s, Opus in 20 ms packets. */
export const HD_LOOP: LoopSpec = {
  width: 1280,
  height: 720,
  fps: 30,
  videoBitrateBps: 1_500_000,
  gopSeconds: 2,
  seconds: 10,
};

/** A small picture, for benchmarks that decode much of what they record. */
export const SMALL_LOOP: LoopSpec = { ...HD_LOOP, width: 320, height: 180, videoBitrateBps: 300_000, gopSeconds: 1 };

const FOLDER = join(tmpdir(), 'roomtape-bench');

/** Reads a loop, encoding it when this machine has none yet. */
export function loadLoop(spec: LoopSpec): EncodedLoop {
  const path = join(FOLDER, `loop-${Object.values(spec).join('-')}.bin`);
  if (!existsSync(path)) {
    mkdirSync(FOLDER, { recursive: true });
    const loop = encodeLoop({ name: 'Bench', participantIndex: 1, isBusy: true, ...spec }, spec.seconds);
    writeFileSync(`${path}.${process.pid}`, serialize(loop));
    renameSync(`${path}.${process.pid}`, path);
  }
  return deserialize(readFileSync(path)) as EncodedLoop;
}

/** Bits per second of a loop's payload, by kind. */
export function loopBitrates(loop: EncodedLoop): { readonly video: number; readonly audio: number } {
  const bits = { video: 0, audio: 0 };
  for (const frame of loop.frames) bits[frame.kind] += frame.data.length * 8;
  const seconds = loop.durationUs / 1_000_000;
  return { video: Math.round(bits.video / seconds), audio: Math.round(bits.audio / seconds) };
}
