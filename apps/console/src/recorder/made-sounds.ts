// Sounds the page makes itself, so that effects can be tried without a file. Pure: samples and a WAV around them.

import { wavHeader } from '../playback/wav-header.ts';

/** An effect of the page. */
export type MadeSound = { readonly name: string; readonly makeSamples: (rate: number) => Float32Array };

const RATE = 48_000;

/** The effects that are always there. */
export const MADE_SOUNDS: readonly MadeSound[] = [
  { name: 'Chime', makeSamples: (rate) => tones(rate, { hertz: [880, 1320, 1760], seconds: 1.2, decay: 4 }) },
  { name: 'Knock', makeSamples: (rate) => tones(rate, { hertz: [180, 240], seconds: 0.25, decay: 22 }) },
];

/** A made sound as a WAV file: mono, 16 bit, 48 kHz. */
export function wavOf(sound: MadeSound): Blob {
  const samples = sound.makeSamples(RATE);
  const data = new Int16Array(samples.length);
  for (const [index, sample] of samples.entries()) data[index] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
  const bytes = new Uint8Array(data.buffer);
  return new Blob([wavHeader({ sampleRate: RATE, channels: 1, dataBytes: bytes.length }), bytes], {
    type: 'audio/wav',
  });
}

type Tones = { readonly hertz: readonly number[]; readonly seconds: number; readonly decay: number };

function tones(rate: number, { hertz, seconds, decay }: Tones): Float32Array {
  const samples = new Float32Array(Math.round(rate * seconds));
  for (let i = 0; i < samples.length; i++) {
    const at = i / rate;
    // A few milliseconds of rise, so that it does not click.
    const loudness = (0.5 / hertz.length) * Math.min(1, at / 0.004) * Math.exp(-decay * at);
    let sum = 0;
    for (const tone of hertz) sum += Math.sin(2 * Math.PI * tone * at);
    samples[i] = loudness * sum;
  }
  return samples;
}
