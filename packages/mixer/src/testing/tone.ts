// A steady tone as packets of Opus, and what is heard of it: for tests of the film's sound. Not part of the product.

import { createAudioEncoder } from '@roomtape/ffmpeg';

/** Samples of a packet, 20 ms. */
export const BLOCK = 960;

/** A packet; its time is that of its sound, µs. */
export type TonePacket = { readonly data: Uint8Array; readonly ptsUs: number };

/** Opus packets of a steady tone. A period of the usual one is no whole part of a packet. */
export function tone(blocks: number, hz = 437): TonePacket[] {
  const encoder = createAudioEncoder({ codec: 'opus', channels: 1, bitrate: 64_000 });
  const packets = Array.from({ length: blocks }, (_, i) =>
    encoder.encode(
      [Float32Array.from({ length: BLOCK }, (_v, n) => Math.sin(((i * BLOCK + n) * 2 * Math.PI * hz) / 48_000) * 0.3)],
      i * 20_000,
    ),
  ).flat();
  encoder.close();
  return packets;
}

/** Loudness of every stretch of so many samples, 0 to 1. */
export function loudnessOf(samples: Float32Array, stretch = BLOCK): number[] {
  return Array.from({ length: Math.floor(samples.length / stretch) }, (_, i) => {
    const part = samples.subarray(i * stretch, (i + 1) * stretch);
    return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / stretch);
  });
}

/** The largest step from one sample to the next: a sound that is cut off hard has a larger one than a whole sound. */
export function largestStep(samples: Float32Array): number {
  return samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (samples[i - 1] ?? sample))), 0);
}
