// PCM as WAV has it, in the shape of an encoder: 16 bit, little-endian, interleaved. Nothing native in it.

import type { AudioEncoder } from './encoder.ts';

/** 20 ms at 48 kHz: small enough that a file being written is never far behind. */
const BLOCK = 960;
const FULL_SCALE = 32_767;

/** Creates it for blocks of 960 samples per channel; samples beyond full scale are cut off. */
export function createPcmEncoder(channels: number): AudioEncoder {
  return {
    frameSamples: BLOCK,
    primingSamples: 0,
    config: new Uint8Array(0),
    encode: (samples, ptsUs) => {
      const data = new Uint8Array(BLOCK * channels * 2);
      const view = new DataView(data.buffer);
      for (let channel = 0; channel < channels; channel += 1) {
        const plane = samples[channel];
        for (let i = 0; i < BLOCK; i += 1) {
          const value = Math.max(-1, Math.min(1, plane?.[i] ?? 0));
          view.setInt16((i * channels + channel) * 2, Math.round(value * FULL_SCALE), true);
        }
      }
      return [{ ptsUs, dtsUs: ptsUs, key: true, data }];
    },
    flush: () => [],
    close: () => {},
  };
}
