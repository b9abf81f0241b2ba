// Files of raw sound: `.wav` (RF64 beyond 4 GB, EBU Tech 3306) and `.pcm`, which is the samples and nothing else. Always
// 16 bit, little endian, interleaved. The header is right up to the last flush however the writer ends.

import type { ByteFile } from '../storage/byte-file.ts';

/** Containers of raw sound, by suffix. */
export type PcmContainerName = 'wav' | 'pcm';

/** What the samples are. */
export type PcmFacts = { readonly sampleRate: number; readonly channels: 1 | 2 };

/** RIFF head, a chunk kept free for ds64, the format, the head of the data. */
const HEADER_BYTES = 12 + 36 + 24 + 8;
const BYTES_PER_SAMPLE = 2;
/** From here on a size does not fit its 32 bits. */
const RIFF_BYTES_MAX = 0xffff_ffff;

/** Writes one file of raw sound. The file stays the caller's to close. */
export class PcmFile {
  readonly #file: ByteFile;
  readonly #name: PcmContainerName;
  readonly #facts: PcmFacts;
  #at: number;

  /** Takes an empty file. */
  constructor(file: ByteFile, name: PcmContainerName, facts: PcmFacts) {
    this.#file = file;
    this.#name = name;
    this.#facts = facts;
    this.#at = headerBytesOf(name);
    this.flush();
  }

  /** Bytes in the file, header included. */
  get bytesWritten(): number {
    return this.#at;
  }

  /** How much sound is in it. */
  get durationUs(): number {
    return durationUsOf(this.#at - headerBytesOf(this.#name), this.#facts);
  }

  /** Appends whole samples of all channels. Throws what the file throws; what it took before stays. */
  write(samples: Int16Array): void {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    this.#file.write(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Makes all that was written readable, also after a crash. */
  flush(): void {
    writeHeader(this.#file, { name: this.#name, facts: this.#facts, end: this.#at });
    this.#file.flush();
  }
}

/**
 * Finishes a file whose writer died: cuts a torn sample off and sets the sizes right. Returns its duration in µs,
 * `undefined` if there is no sound in it. Doing it twice gives the same.
 */
export function recoverPcmFile(name: PcmContainerName, file: ByteFile, facts: PcmFacts): number | undefined {
  const from = headerBytesOf(name);
  const frameBytes = facts.channels * BYTES_PER_SAMPLE;
  const dataBytes = Math.floor((file.size - from) / frameBytes) * frameBytes;
  if (dataBytes <= 0) return undefined;
  file.truncate(from + dataBytes);
  writeHeader(file, { name, facts, end: from + dataBytes });
  file.flush();
  return durationUsOf(dataBytes, facts);
}

/** The header of a WAV file whose data end at byte `end` of it. */
export function wavHeader({ sampleRate, channels }: PcmFacts, end: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const frameBytes = channels * BYTES_PER_SAMPLE;
  const dataBytes = end - HEADER_BYTES;
  const isLarge = end - 8 > RIFF_BYTES_MAX;
  putText(bytes, 0, isLarge ? 'RF64' : 'RIFF');
  view.setUint32(4, isLarge ? RIFF_BYTES_MAX : end - 8, true);
  // The chunk is there in small files too: a file that grows past 4 GB has nowhere else to put it.
  putText(bytes, 8, isLarge ? 'WAVEds64' : 'WAVEJUNK');
  view.setUint32(16, 28, true);
  if (isLarge) {
    view.setBigUint64(20, BigInt(end - 8), true);
    view.setBigUint64(28, BigInt(dataBytes), true);
    view.setBigUint64(36, BigInt(dataBytes / frameBytes), true);
  }
  putText(bytes, 48, 'fmt ');
  view.setUint32(52, 16, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, channels, true);
  view.setUint32(60, sampleRate, true);
  view.setUint32(64, sampleRate * frameBytes, true);
  view.setUint16(68, frameBytes, true);
  view.setUint16(70, 8 * BYTES_PER_SAMPLE, true);
  putText(bytes, 72, 'data');
  view.setUint32(76, isLarge ? RIFF_BYTES_MAX : dataBytes, true);
  return bytes;
}

function writeHeader(file: ByteFile, of: { name: PcmContainerName; facts: PcmFacts; end: number }): void {
  if (of.name === 'wav') file.write(wavHeader(of.facts, of.end), 0);
}

function headerBytesOf(name: PcmContainerName): number {
  return name === 'wav' ? HEADER_BYTES : 0;
}

function durationUsOf(dataBytes: number, { sampleRate, channels }: PcmFacts): number {
  return Math.round((dataBytes / (channels * BYTES_PER_SAMPLE) / sampleRate) * 1e6);
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let n = 0; n < text.length; n++) bytes[at + n] = text.charCodeAt(n);
}
