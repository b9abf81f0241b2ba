// The `moov` of a finished film, made of the one its fragments began with: the same tracks, now with all their samples
// and lengths. Whatever else stands in it is kept as it is.

import {
  type BoxSpan,
  box,
  boxesIn,
  findBox,
  fullBox,
  readBoxType,
  readUint32,
  readUint64,
  uint32s,
  uint64s,
} from '@roomtape/media';
import type { SampleDefaults } from './fragment-reader.ts';
import type { TrackIndex } from './track-index.ts';

/** Boxes that only fragments need, or that the index says anew. */
const REPLACED: ReadonlySet<string> = new Set(['stts', 'stss', 'ctts', 'stsc', 'stsz', 'stco', 'co64', 'sgpd', 'sbgp']);
const UINT32_MAX = 0xffffffff;
/** A decoder of Opus sounds right after 80 ms (RFC 7845 §4.6), one of AAC after one packet. */
const OPUS_ROLL_MS = 80;
const AAC_ROLL = 1;

/** The tracks of a `moov` with what their samples are where fragments do not say it; empty when it makes no sense. */
export function tracksOf(moov: Uint8Array): ReadonlyMap<number, SampleDefaults> {
  const tracks = new Map<number, SampleDefaults>();
  const all = findBox(moov, ['moov', 'mvex']);
  for (const { type, from } of all === undefined ? [] : boxesIn(moov, all.from, all.end)) {
    if (type !== 'trex') continue;
    const [description, durationTicks, sizeBytes, flags] = [8, 12, 16, 20].map((at) => readUint32(moov, from + at));
    tracks.set(readUint32(moov, from + 4), {
      description: description ?? 1,
      durationTicks: durationTicks ?? 0,
      sizeBytes: sizeBytes ?? 0,
      flags: flags ?? 0,
    });
  }
  return tracks;
}

/** Makes the `moov`; a track without samples is left out. */
export function finishedMovie(moov: Uint8Array, indexes: ReadonlyMap<number, TrackIndex>): Uint8Array {
  const header = findBox(moov, ['moov', 'mvhd']);
  const whole = findBox(moov, ['moov']);
  const movieRate = header === undefined ? 0 : rateOf(moov, header);
  let longest = 0;
  const rebuilt = boxesIn(moov, whole?.from ?? 0, whole?.end ?? 0).flatMap((child): Uint8Array[] => {
    if (child.type === 'mvex') return [];
    if (child.type !== 'trak') return [copied(moov, child)];
    const track = finishedTrack(moov, child, { indexes, movieRate });
    longest = Math.max(longest, track?.durationTicks ?? 0);
    return track === undefined ? [] : [track.bytes];
  });
  const parts = rebuilt.map((part) => (readBoxType(part, 4) === 'mvhd' ? withDuration(part, longest) : part));
  return box('moov', ...parts);
}

type Movie = { readonly indexes: ReadonlyMap<number, TrackIndex>; readonly movieRate: number };
type Track = Movie & { readonly index: TrackIndex; readonly rate: number };

function finishedTrack(
  moov: Uint8Array,
  trak: BoxSpan,
  movie: Movie,
): { readonly bytes: Uint8Array; readonly durationTicks: number } | undefined {
  const header = findBox(moov, ['tkhd'], trak);
  const media = findBox(moov, ['mdia', 'mdhd'], trak);
  if (header === undefined || media === undefined) return undefined;
  const index = movie.indexes.get(readUint32(moov, header.from + (moov[header.from] === 1 ? 20 : 12)));
  if (index === undefined || index.count === 0) return undefined;
  const track: Track = { ...movie, index, rate: rateOf(moov, media) };
  const edits = findBox(moov, ['edts', 'elst'], trak);
  const edited = edits === undefined ? undefined : finishedEdits(moov, edits, track);
  const durationTicks = edited?.durationTicks ?? movieTicks(index.durationTicks, track);
  const parts = boxesIn(moov, trak.from, trak.end).map((child): Uint8Array => {
    if (child.type === 'tkhd') return withDuration(copied(moov, child), durationTicks);
    if (child.type === 'edts' && edited !== undefined) return box('edts', edited.bytes);
    return child.type === 'mdia' ? finishedMedia(moov, child, track) : copied(moov, child);
  });
  return { bytes: box('trak', ...parts), durationTicks };
}

/** `mdia`, and what is in it down to the tables. */
function finishedMedia(moov: Uint8Array, span: BoxSpan, track: Track): Uint8Array {
  const parts = boxesIn(moov, span.from, span.end).flatMap((child): Uint8Array[] => {
    if (child.type === 'mdhd') return [withDuration(copied(moov, child), track.index.durationTicks)];
    if (child.type === 'minf' || child.type === 'stbl') return [finishedMedia(moov, child, track)];
    return span.type === 'stbl' && REPLACED.has(child.type) ? [] : [copied(moov, child)];
  });
  if (span.type === 'stbl') parts.push(...track.index.boxes(), ...preRoll(moov, span, track));
  return box(span.type, ...parts);
}

/** Says how many packets before a point a player has to decode to sound right there (§10.1). */
function preRoll(moov: Uint8Array, tables: BoxSpan, { index, rate }: Track): readonly Uint8Array[] {
  const entry = findBox(moov, ['stsd'], tables);
  const codec = entry === undefined ? '' : readBoxType(moov, entry.from + 12);
  if (codec !== 'Opus' && codec !== 'mp4a') return [];
  const packetMs = Math.max(1, (index.durationTicks * 1000) / rate / index.count);
  const packets = codec === 'Opus' ? Math.ceil(OPUS_ROLL_MS / packetMs) : AAC_ROLL;
  const roll = new TextEncoder().encode('roll');
  const distance = new Uint8Array([(-packets >> 8) & 255, -packets & 255]);
  return [
    fullBox('sgpd', 0x01000000, roll, uint32s([2, 1]), distance),
    fullBox('sbgp', 0, roll, uint32s([1, index.count, 1])),
  ];
}

/** The last edit plays the media to its end; those before it are the wait for a track that begins later. */
function finishedEdits(
  moov: Uint8Array,
  edits: BoxSpan,
  track: Track,
): { readonly bytes: Uint8Array; readonly durationTicks: number } {
  const bytes = copied(moov, edits);
  const isLong = moov[edits.from] === 1;
  const [entryBytes, fieldBytes] = isLong ? [20, 8] : [12, 4];
  const read = isLong ? readUint64 : readUint32;
  const count = readUint32(bytes, 12);
  const last = 16 + (count - 1) * entryBytes;
  let durationTicks = 0;
  for (let at = 16; at < last; at += entryBytes) durationTicks += read(bytes, at);
  const shown = movieTicks(track.index.shownEndTicks - read(bytes, last + fieldBytes), track);
  bytes.set(isLong ? uint64s([shown]) : uint32s([Math.min(UINT32_MAX, shown)]), last);
  return { bytes, durationTicks: durationTicks + shown };
}

function movieTicks(mediaTicks: number, { rate, movieRate }: Track): number {
  return Math.ceil((Math.max(0, mediaTicks) * movieRate) / rate);
}

/** Ticks per second of a `mvhd` or `mdhd`. */
function rateOf(bytes: Uint8Array, header: BoxSpan): number {
  return readUint32(bytes, header.from + (bytes[header.from] === 1 ? 20 : 12));
}

/** A `mvhd`, `tkhd` or `mdhd` with another duration; with 64-bit times where 32 bits are too few. */
function withDuration(header: Uint8Array, durationTicks: number): Uint8Array {
  const type = readBoxType(header, 4);
  const wasLong = header[8] === 1;
  const isLong = wasLong || durationTicks > UINT32_MAX;
  const size = wasLong ? 8 : 4;
  const [read, write] = [wasLong ? readUint64 : readUint32, isLong ? uint64s : uint32s];
  // After the two dates: the track's number and nothing, or the ticks per second.
  const middle = 12 + 2 * size;
  const after = middle + (type === 'tkhd' ? 8 : 4);
  const head = (isLong ? 0x01000000 : 0) + (readUint32(header, 8) & 0xffffff);
  const dates = write([read(header, 12), read(header, 12 + size)]);
  return fullBox(
    type,
    head,
    dates,
    header.subarray(middle, after),
    write([durationTicks]),
    header.subarray(after + size),
  );
}

function copied(bytes: Uint8Array, span: BoxSpan): Uint8Array {
  return bytes.slice(span.start, span.end);
}
