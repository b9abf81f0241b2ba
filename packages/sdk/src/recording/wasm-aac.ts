// FFmpeg's AAC encoder as WebAssembly, driven through the muxing library that knows how: its packets are taken off
// before they are muxed, and what it muxes goes nowhere. A chunk of its own, because it is large.

import { registerAacEncoder } from '@mediabunny/aac-encoder';
import { AdtsOutputFormat, AudioSample, AudioSampleSource, type EncodedPacket, NullTarget, Output } from 'mediabunny';

/** What to encode and whom to give packets. */
export type WasmAacOptions = {
  readonly channelCount: 1 | 2;
  readonly bitrateBps: number;
  onPacket(packet: EncodedPacket): void;
};

const RATE = 48_000;

/** An encoder that runs. */
export type WasmAac = {
  /** Takes interleaved samples, `at` samples after the first; resolves when more are welcome. */
  add(samples: Float32Array<ArrayBuffer>, at: number): Promise<void>;
  /** Encodes what is left and ends. */
  finish(): Promise<void>;
  cancel(): Promise<void>;
};

/** Starts an encoder. */
export async function openWasmAac(options: WasmAacOptions): Promise<WasmAac> {
  registerAacEncoder();
  const output = new Output({ format: new AdtsOutputFormat(), target: new NullTarget() });
  const source = new AudioSampleSource({
    codec: 'aac',
    bitrate: options.bitrateBps,
    onEncodedPacket: (packet) => options.onPacket(packet),
  });
  output.addAudioTrack(source);
  await output.start();
  return {
    add: async (data, at) => {
      const sample = new AudioSample({
        data,
        format: 'f32',
        numberOfChannels: options.channelCount,
        sampleRate: RATE,
        timestamp: at / RATE,
      });
      try {
        await source.add(sample);
      } finally {
        sample.close();
      }
    },
    finish: () => output.finalize(),
    cancel: async () => {
      if (output.state === 'started') await output.cancel();
    },
  };
}
