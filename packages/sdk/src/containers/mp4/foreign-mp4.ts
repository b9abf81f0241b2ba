// A fragmented MP4 that somebody else wrote (`MediaRecorder`) and did not end: kept as it lies, up to its last whole
// fragment.

import { boxesIn, findBox, readBoxType, readUint32, readUint64, rescaleNearest, US_PER_SECOND } from '@roomtape/media';
import type { ByteFile } from '../../storage/byte-file.ts';

/** Heads longer than this are damage. */
const HEAD_BYTES_MAX = 64 * 2 ** 20;

/**
 * Cuts a torn end off. Returns how far the film is, µs: up to the beginning of its last fragment, whose length such
 * files do not always say; `undefined` when there is no whole fragment.
 */
export function keepForeignMp4(file: ByteFile): number | undefined {
  const timescales = new Map<number, number>();
  let startUs: number | undefined;
  let kept: { readonly bytes: number; readonly lastUs: number } | undefined;
  let at = 0;
  for (;;) {
    const head = file.read(at, 16);
    const size = boxBytes(head);
    if (size === undefined || at + size > file.size) break;
    const type = readBoxType(head, 4);
    // Room kept aside lies behind what was written: media that ends in zeros did not get there.
    if (type === 'mdat' && readUint32(file.read(at + size - 4, 4), 0) === 0) break;
    if (at === 0 && type !== 'ftyp') return undefined;
    if ((type === 'moov' || type === 'moof') && size <= HEAD_BYTES_MAX) {
      const bytes = file.read(at, size);
      if (type === 'moov') noteTimescales(bytes, timescales);
      else startUs = Math.max(startUs ?? 0, startOfFragmentUs(bytes, timescales));
    }
    at += size;
    // A fragment is whole with its media.
    if (type === 'mdat' && startUs !== undefined) kept = { bytes: at, lastUs: startUs };
  }
  if (kept === undefined) return undefined;
  file.truncate(kept.bytes);
  file.flush();
  return kept.lastUs;
}

function boxBytes(head: Uint8Array): number | undefined {
  if (head.length < 8) return undefined;
  const short = readUint32(head, 0);
  const size = short === 1 && head.length === 16 ? readUint64(head, 8) : short;
  return size < 8 ? undefined : size;
}

function noteTimescales(movie: Uint8Array, timescales: Map<number, number>): void {
  for (const track of boxesIn(movie, 8, movie.length).filter((span) => span.type === 'trak')) {
    const header = findBox(movie, ['tkhd'], track);
    const media = findBox(movie, ['mdia', 'mdhd'], track);
    if (header === undefined || media === undefined) continue;
    // Version 1 has 64-bit times before what is looked for.
    const id = readUint32(movie, header.from + (movie[header.from] === 1 ? 20 : 12));
    timescales.set(id, readUint32(movie, media.from + (movie[media.from] === 1 ? 20 : 12)));
  }
}

function startOfFragmentUs(moof: Uint8Array, timescales: ReadonlyMap<number, number>): number {
  let startUs = 0;
  for (const run of boxesIn(moof, 8, moof.length).filter((span) => span.type === 'traf')) {
    const head = findBox(moof, ['tfhd'], run);
    const time = findBox(moof, ['tfdt'], run);
    const timescale = head === undefined ? 0 : (timescales.get(readUint32(moof, head.from + 4)) ?? 0);
    if (time === undefined || timescale === 0) continue;
    const ticks = moof[time.from] === 1 ? readUint64(moof, time.from + 4) : readUint32(moof, time.from + 4);
    startUs = Math.max(startUs, rescaleNearest(ticks, timescale, US_PER_SECOND));
  }
  return startUs;
}
