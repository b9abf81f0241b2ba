// The `moov` box: at the start of a recording without samples (fragments follow), at its end with all of them.

import {
  box,
  fullBox,
  rescaleNearest,
  US_PER_SECOND,
  uint32s,
  uint64s,
  writeUint16,
  writeUint32,
} from '@roomtape/media';

/** Ticks per second of the movie and of pictures. */
export const MOVIE_TIMESCALE = 90_000;

/** One track of the box. */
export type MovieTrack = {
  /** 1, 2… */
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** `avc1`, `hvc1` or `mp4a`, as `sample-entry.ts` writes them. */
  readonly sampleEntry: Uint8Array;
  /** Pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
  /** Length of the samples, ticks of the track; 0 while fragments follow. */
  readonly mediaDurationTicks: number;
  /** What of the samples is shown when. */
  readonly edits: readonly Edit[];
  /** The boxes `stts`, `stsc`, `stsz`, `co64`, `stss`; empty ones while fragments follow. */
  readonly tables: readonly Uint8Array[];
};

/** One row of an edit list (§8.6.6). */
export type Edit = {
  /** Movie ticks; 0 in a fragmented file means to its end. */
  readonly durationTicks: number;
  /** Track ticks; -1 shows nothing. */
  readonly mediaTimeTicks: number;
};

const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/** Writes the box. `isFragmented` announces fragments. */
export function movieBox(tracks: readonly MovieTrack[], isFragmented: boolean): Uint8Array {
  const duration = Math.max(0, ...tracks.map(presentedTicks));
  const extends_ = box('mvex', ...tracks.map((track) => fullBox('trex', 0, uint32s([track.id, 1, 0, 0, 0]))));
  return box(
    'moov',
    fullBox(
      'mvhd',
      0x01000000,
      uint64s([0, 0]),
      uint32s([MOVIE_TIMESCALE]),
      uint64s([duration]),
      uint32s([0x10000, 0x01000000, 0, 0, ...UNITY_MATRIX, 0, 0, 0, 0, 0, 0, tracks.length + 1]),
    ),
    ...tracks.map(trackBox),
    ...(isFragmented ? [extends_] : []),
  );
}

/** Tables of a track whose samples are in fragments. */
export function emptyTables(): readonly Uint8Array[] {
  const none = uint32s([0]);
  return [
    fullBox('stts', 0, none),
    fullBox('stsc', 0, none),
    fullBox('stsz', 0, uint32s([0, 0])),
    fullBox('stco', 0, none),
  ];
}

/** Converts µs to movie ticks. */
export function usToMovieTicks(us: number): number {
  return rescaleNearest(us, US_PER_SECOND, MOVIE_TIMESCALE);
}

function presentedTicks(track: MovieTrack): number {
  return track.edits.reduce((sum, edit) => sum + edit.durationTicks, 0);
}

function trackBox(track: MovieTrack): Uint8Array {
  const isSound = track.kind === 'audio';
  const header = fullBox(
    'tkhd',
    0x01000003,
    uint64s([0, 0]),
    uint32s([track.id, 0]),
    uint64s([presentedTicks(track)]),
    uint32s([0, 0, 0, isSound ? 0x01000000 : 0, ...UNITY_MATRIX, track.width * 0x10000, track.height * 0x10000]),
  );
  return box('trak', header, editBox(track.edits), mediaBox(track));
}

function editBox(edits: readonly Edit[]): Uint8Array {
  const rows = new Uint8Array(edits.length * 20);
  for (const [i, edit] of edits.entries()) {
    rows.set(uint64s([edit.durationTicks]), i * 20);
    const isEmpty = edit.mediaTimeTicks < 0;
    rows.set(isEmpty ? new Uint8Array(8).fill(0xff) : uint64s([edit.mediaTimeTicks]), i * 20 + 8);
    writeUint16(rows, i * 20 + 16, 1);
  }
  return box('edts', fullBox('elst', 0x01000000, uint32s([edits.length]), rows));
}

function mediaBox(track: MovieTrack): Uint8Array {
  const isSound = track.kind === 'audio';
  const media = fullBox(
    'mdhd',
    0x01000000,
    uint64s([0, 0]),
    uint32s([track.timescale]),
    uint64s([track.mediaDurationTicks]),
    // Language "und", packed into 15 bits.
    uint32s([0x55c40000]),
  );
  const handler = new Uint8Array(21);
  writeUint32(handler, 4, isSound ? 0x736f756e : 0x76696465);
  const kind = isSound ? fullBox('smhd', 0, uint32s([0])) : fullBox('vmhd', 1, new Uint8Array(8));
  const here = box('dinf', fullBox('dref', 0, uint32s([1]), fullBox('url ', 1)));
  const entries = fullBox('stsd', 0, uint32s([1]), track.sampleEntry);
  return box(
    'mdia',
    media,
    fullBox('hdlr', 0, handler),
    box('minf', kind, here, box('stbl', entries, ...track.tables)),
  );
}
