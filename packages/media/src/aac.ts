// AAC configuration (ISO/IEC 14496-3 §1.6.2.1 AudioSpecificConfig). Reads and writes the configuration only; the
// access units themselves say nothing a recorder needs.

import { BitReader } from './bytes.ts';

/** What an AudioSpecificConfig says. */
export type AacConfig = {
  /** Audio object type: 2 is AAC-LC, 5 HE-AAC, 29 HE-AAC v2. */
  readonly objectType: number;
  /** Samples per second of the core coder. */
  readonly sampleRate: number;
  /** Channels of the core coder; 0 when described elsewhere in the stream. */
  readonly channels: number;
};

const SAMPLE_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8];

/** Reads an AudioSpecificConfig; `undefined` when cut short or with reserved values. */
export function parseAacConfig(config: Uint8Array): AacConfig | undefined {
  const bits = new BitReader(config);
  const short = bits.bits(5);
  const objectType = short === 31 ? 32 + bits.bits(6) : short;
  const index = bits.bits(4);
  const sampleRate = index === 15 ? bits.bits(24) : SAMPLE_RATES[index];
  const channels = CHANNELS[bits.bits(4)];
  if (bits.overrun || objectType === 0 || sampleRate === undefined || sampleRate === 0 || channels === undefined)
    return undefined;
  return { objectType, sampleRate, channels };
}

/** Writes the AudioSpecificConfig of plain AAC (object types 1 to 30); `undefined` when it cannot say it. */
export function writeAacConfig(config: AacConfig): Uint8Array | undefined {
  const channelConfig = CHANNELS.indexOf(config.channels);
  if (config.objectType < 1 || config.objectType > 30 || channelConfig < 0) return undefined;
  const index = SAMPLE_RATES.indexOf(config.sampleRate);
  if (index >= 0) {
    const word = (config.objectType << 11) | (index << 7) | (channelConfig << 3);
    return new Uint8Array([word >>> 8, word & 0xff]);
  }
  if (config.sampleRate < 1 || config.sampleRate >= 2 ** 24) return undefined;
  const head = (config.objectType << 3) | 0b111;
  const tail = (config.sampleRate * 2 ** 7 + (channelConfig << 3)) % 2 ** 32;
  return new Uint8Array([
    head,
    0x80 | (config.sampleRate >>> 17),
    (tail >>> 16) & 0xff,
    (tail >>> 8) & 0xff,
    tail & 0xff,
  ]);
}

/** Writes the RFC 6381 codec string, such as `mp4a.40.2`. */
export function aacCodecString(config: AacConfig): string {
  return `mp4a.40.${config.objectType}`;
}
