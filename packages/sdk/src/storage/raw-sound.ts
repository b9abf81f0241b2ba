// Recordings of raw sound after a crash: a `.pcm` is as long as it is, a `.wav` says its length in its header.

import { writeUint32 } from '@roomtape/media';
import type { ByteFile } from './byte-file.ts';
import type { BegunLine } from './journal.ts';

const WAV_HEADER_BYTES = 44;

/** Makes the file whole; returns its duration in µs, `undefined` without a sample. */
export function recoverRawSound(file: ByteFile, begun: BegunLine): number | undefined {
  const headerBytes = begun.container === 'wav' ? WAV_HEADER_BYTES : 0;
  const soundBytes = file.size - headerBytes;
  const bytesPerSecond = begun.bytesPerSecond ?? 0;
  if (soundBytes <= 0 || bytesPerSecond <= 0) return undefined;
  if (begun.container === 'wav') {
    file.write(littleEndian(file.size - 8), 4);
    file.write(littleEndian(soundBytes), 40);
    file.flush();
  }
  return Math.round((soundBytes / bytesPerSecond) * 1_000_000);
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, Math.min(value, 0xffffffff));
  return bytes.reverse();
}
