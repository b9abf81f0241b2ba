// Makes an ordinary MP4 of a fragmented one in place, after the last packet or after a crash: reads the fragments'
// heads, appends one `moov` with all samples, and hides what is before it in one large `mdat`. No media is copied.
//
//   being written:  ftyp  free(16)  moov  moof mdat  moof mdat …
//   finished:       ftyp  mdat( …    moov  moof mdat  moof mdat … )  moov

import {
  boxesIn,
  findBox,
  readBoxType,
  readUint32,
  readUint64,
  rescaleNearest,
  US_PER_SECOND,
  uint64s,
  writeBoxType,
  writeUint32,
} from '@roomtape/media';
import type { ByteFile } from '../../storage/byte-file.ts';
import { readFragment } from './fragment.ts';
import { type Edit, MOVIE_TIMESCALE, type MovieTrack, movieBox } from './movie-box.ts';
import { sizeOfEntry } from './sample-entry.ts';
import { SampleTable } from './sample-table.ts';

/** Bytes of the box that becomes the head of the large `mdat`. */
export const PLACEHOLDER_BYTES = 16;
/** No head of a fragment or movie of ours is longer; a longer one is damage. */
const HEAD_BYTES_MAX = 64 * 2 ** 20;
/** Reads this much at each fragment: nearly always all of its `moof`. */
const PEEK_BYTES = 4096;

/** A track as the `moov` at the start says it, and its samples. */
type FoundTrack = {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  readonly sampleEntry: Uint8Array;
  /** The track's time of the movie's first moment. */
  readonly originTicks: number;
  readonly samples: SampleTable;
};

type Scan = {
  readonly tracks: readonly FoundTrack[];
  readonly placeholderAt: number;
  /** After the last whole fragment. */
  readonly wholeBytes: number;
};

/**
 * Finishes the file so that it shows `endUs` µs; without it, everything up to the last whole fragment. Bytes after
 * that are cut off. Returns the duration in µs, `undefined` when the file holds no sample. Finishing again changes
 * nothing but the end.
 */
export function finishMp4(file: ByteFile, endUs?: number): number | undefined {
  const scan = scanFragments(file);
  if (scan === undefined) return undefined;
  const finishedUs = durationOfFinished(file, scan);
  const tracks = scan.tracks.filter((track) => track.samples.count > 0);
  if (tracks.length === 0) return undefined;
  const lastUs = Math.max(...tracks.map(endOfTrackUs));
  const shownUs = endUs ?? finishedUs ?? lastUs;
  const movie = movieBox(
    tracks.map((track) => finishedTrack(track, shownUs, tracks.length === 1)),
    false,
  );
  const head = new Uint8Array(PLACEHOLDER_BYTES);
  writeUint32(head, 0, 1);
  writeBoxType(head, 4, 'mdat');
  head.set(uint64s([scan.wholeBytes - scan.placeholderAt]), 8);
  // In this order: whatever instant a crash picks, the fragments are readable or the new box is.
  if (file.size > scan.wholeBytes) file.truncate(scan.wholeBytes);
  file.write(movie, scan.wholeBytes);
  file.flush();
  file.write(head, scan.placeholderAt);
  file.flush();
  return shownUs;
}

function endOfTrackUs(track: FoundTrack): number {
  return rescaleNearest(track.samples.endTicks - track.originTicks, track.timescale, US_PER_SECOND);
}

/** Sound ends where its samples do when there is a picture; pictures, and sound alone, last until the end. */
function finishedTrack(track: FoundTrack, endUs: number, isAlone: boolean): MovieTrack {
  const { samples, timescale, originTicks, kind } = track;
  const endTicks = originTicks + rescaleNearest(endUs, US_PER_SECOND, timescale);
  samples.cut(endTicks);
  if (kind === 'video' || (isAlone && samples.endTicks < endTicks)) samples.endAt(endTicks);
  const shownEnd = Math.min(endTicks, samples.endTicks);
  return {
    id: track.id,
    kind,
    timescale,
    sampleEntry: track.sampleEntry,
    ...(kind === 'video' ? sizeOfEntry(track.sampleEntry) : { width: 0, height: 0 }),
    mediaDurationTicks: samples.endTicks - samples.startTicks,
    edits: editsOf(track, shownEnd),
    tables: samples.boxes(kind === 'audio'),
  };
}

/** Samples before the first moment (priming) are cut off; what begins late waits. */
function editsOf(track: FoundTrack, shownEndTicks: number): readonly Edit[] {
  const toMovie = (ticks: number): number => rescaleNearest(ticks, track.timescale, MOVIE_TIMESCALE);
  const lateTicks = track.samples.startTicks - track.originTicks;
  const end = toMovie(shownEndTicks - track.originTicks);
  if (lateTicks <= 0) return [{ durationTicks: end, mediaTimeTicks: -lateTicks }];
  const late = toMovie(lateTicks);
  return [
    { durationTicks: late, mediaTimeTicks: -1 },
    { durationTicks: Math.max(0, end - late), mediaTimeTicks: 0 },
  ];
}

/** The length a finished file says it has; `undefined` when it is not finished. */
function durationOfFinished(file: ByteFile, scan: Scan): number | undefined {
  const head = file.read(scan.placeholderAt, PLACEHOLDER_BYTES);
  if (readBoxType(head, 4) !== 'mdat') return undefined;
  const at = scan.placeholderAt + readUint64(head, 8);
  const movie = file.read(at, 8 + 8 + 32);
  const isWhole = readBoxType(movie, 4) === 'moov' && at + readUint32(movie, 0) <= file.size;
  const durationTicks = readUint64(movie, 8 + 8 + 4 + 20);
  return isWhole ? rescaleNearest(durationTicks, MOVIE_TIMESCALE, US_PER_SECOND) : undefined;
}

function scanFragments(file: ByteFile): Scan | undefined {
  const placeholderAt = readUint32(file.read(0, 8), 0);
  const movieAt = placeholderAt + PLACEHOLDER_BYTES;
  const movie = readWhole(file, movieAt, 'moov');
  if (movie === undefined) return undefined;
  const tracks = tracksOf(movie);
  const byId = new Map(tracks.map((track) => [track.id, track]));
  let at = movieAt + movie.length;
  for (;;) {
    const moof = readWhole(file, at, 'moof');
    if (moof === undefined) break;
    const mediaHead = file.read(at + moof.length, 8);
    const end = at + moof.length + readUint32(mediaHead, 0);
    if (mediaHead.length < 8 || readBoxType(mediaHead, 4) !== 'mdat' || end > file.size) break;
    const start = at;
    const isOurs = readFragment(moof, (sample) => {
      byId.get(sample.trackId)?.samples.add(sample, start + sample.offsetBytes);
    });
    if (!isOurs) break;
    at = end;
  }
  return { tracks, placeholderAt, wholeBytes: at };
}

/** Reads a whole box of a type; `undefined` when it is another one, cut short or absurd. */
function readWhole(file: ByteFile, at: number, type: string): Uint8Array | undefined {
  const peek = file.read(at, PEEK_BYTES);
  const size = readUint32(peek, 0);
  if (peek.length < 8 || readBoxType(peek, 4) !== type || size < 8 || size > HEAD_BYTES_MAX) return undefined;
  if (at + size > file.size) return undefined;
  return size <= peek.length ? peek.subarray(0, size) : file.read(at, size);
}

function tracksOf(movie: Uint8Array): readonly FoundTrack[] {
  const found: FoundTrack[] = [];
  for (const span of boxesIn(movie, 8, movie.length).filter((child) => child.type === 'trak')) {
    const header = findBox(movie, ['tkhd'], span);
    const edit = findBox(movie, ['edts', 'elst'], span);
    const media = findBox(movie, ['mdia', 'mdhd'], span);
    const handler = findBox(movie, ['mdia', 'hdlr'], span);
    const entries = findBox(movie, ['mdia', 'minf', 'stbl', 'stsd'], span);
    if (!header || !edit || !media || !handler || !entries) continue;
    found.push({
      id: readUint32(movie, header.from + 20),
      kind: readBoxType(movie, handler.from + 8) === 'soun' ? 'audio' : 'video',
      timescale: readUint32(movie, media.from + 20),
      sampleEntry: movie.slice(entries.from + 8, entries.end),
      originTicks: readUint64(movie, edit.from + 16),
      samples: new SampleTable(),
    });
  }
  return found;
}
