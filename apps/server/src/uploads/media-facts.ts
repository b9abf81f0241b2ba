// What an uploaded file is, told from its bytes alone: never from its name or a header. Reads boxes and tags, decodes
// nothing, trusts no length.

import type { FileHandle } from 'node:fs/promises';
import { FLV_HEADER_BYTES, FlvReader, readAmf0, readAudioBody, readVideoBody } from '@roomtape/flv';
import {
  type AudioCodec,
  readUint16,
  readUint32,
  rescaleNearest,
  US_PER_SECOND,
  type VideoCodec,
} from '@roomtape/media';

/** Containers that may be uploaded. */
export type UploadContainer = 'mp4' | 'webm' | 'flv' | 'aac' | 'mp3' | 'ogg' | 'wav';

/** What is known of a file. */
export type MediaFacts = {
  readonly container: UploadContainer;
  /** Absent where the container does not say. */
  readonly durationUs?: number;
  readonly videoCodec?: VideoCodec;
  readonly audioCodec?: AudioCodec;
  readonly width?: number;
  readonly height?: number;
};

/** Bytes that tell the container. */
export const MAGIC_BYTES = 16;
/** Not read further than this for a `moov`, or the start of an FLV. */
const MOVIE_BYTES_MAX = 64 * 2 ** 20;
const FLV_HEAD_BYTES = 256 * 1024;
const BOXES_MAX = 10_000;

const MATROSKA_HEAD_BYTES = 16 * 1024;
const MATROSKA_CODECS: readonly (readonly [string, VideoCodec | AudioCodec])[] = [
  ['V_VP8', 'vp8'],
  ['V_VP9', 'vp9'],
  ['V_AV1', 'av1'],
  ['V_MPEG4/ISO/AVC', 'h264'],
  ['V_MPEGH/ISO/HEVC', 'h265'],
  ['A_OPUS', 'opus'],
  ['A_AAC', 'aac'],
];

const ENTRY_CODECS: Readonly<Record<string, VideoCodec | AudioCodec>> = {
  ...{ avc1: 'h264', avc3: 'h264', hvc1: 'h265', hev1: 'h265', vp08: 'vp8', vp09: 'vp9', av01: 'av1' },
  ...{ mp4a: 'aac', Opus: 'opus' },
};

/** Tells the container by the first bytes; `undefined` when it is none that may be uploaded. */
export function containerOf(head: Uint8Array): UploadContainer | undefined {
  const text = String.fromCharCode(...head.subarray(0, MAGIC_BYTES));
  if (text.slice(4, 8) === 'ftyp') return 'mp4';
  if (text.startsWith('FLV\x01')) return 'flv';
  if (text.startsWith('OggS')) return 'ogg';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WAVE') return 'wav';
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'webm';
  if (text.startsWith('ID3')) return 'mp3';
  // Sync words: ADTS has layer 0, MP3 layer 3.
  if (head[0] === 0xff && ((head[1] ?? 0) & 0xf6) === 0xf0) return 'aac';
  return head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2 ? 'mp3' : undefined;
}

/** Reads what a whole file says of itself; `undefined` when its container is none that may be uploaded. */
export async function mediaFactsOf(file: FileHandle, sizeBytes: number): Promise<MediaFacts | undefined> {
  const container = containerOf(await readAt(file, 0, MAGIC_BYTES));
  if (container === 'mp4') return { container, ...(await movieFacts(file, sizeBytes)) };
  if (container === 'flv') return { container, ...flvFacts(await readAt(file, 0, FLV_HEAD_BYTES)) };
  if (container === 'webm') return { container, ...matroskaFacts(await readAt(file, 0, MATROSKA_HEAD_BYTES)) };
  return container === undefined ? undefined : { container, ...(container === 'aac' ? { audioCodec: 'aac' } : {}) };
}

type TrackFacts = Omit<MediaFacts, 'container'>;

async function movieFacts(file: FileHandle, sizeBytes: number): Promise<TrackFacts> {
  let at = 0;
  for (let boxes = 0; at + 8 <= sizeBytes && boxes < BOXES_MAX; boxes += 1) {
    const head = await readAt(file, at, 16);
    const short = readUint32(head, 0);
    const size = short === 1 ? readUint32(head, 8) * 2 ** 32 + readUint32(head, 12) : short;
    if (size < 8) break;
    if (typeAt(head, 4) === 'moov' && size <= MOVIE_BYTES_MAX) return readMovie(await readAt(file, at, size));
    at += size;
  }
  return {};
}

function readMovie(movie: Uint8Array): TrackFacts {
  const facts: { -readonly [K in keyof TrackFacts]: TrackFacts[K] } = {};
  for (const child of childrenOf(movie, 8, movie.length)) {
    if (child.type === 'mvhd') {
      const isLong = movie[child.from] === 1;
      const timescale = readUint32(movie, child.from + (isLong ? 20 : 12));
      const high = isLong ? readUint32(movie, child.from + 24) * 2 ** 32 : 0;
      const ticks = high + readUint32(movie, child.from + (isLong ? 28 : 16));
      // A fragmented film says 0 here: it does not know.
      if (timescale > 0 && ticks > 0) facts.durationUs = rescaleNearest(ticks, timescale, US_PER_SECOND);
    }
    if (child.type !== 'trak') continue;
    const entry = find(movie, child, ['mdia', 'minf', 'stbl', 'stsd']);
    const codec = entry === undefined ? undefined : ENTRY_CODECS[typeAt(movie, entry.from + 12)];
    if (codec === 'aac' || codec === 'opus') facts.audioCodec ??= codec;
    else if (codec !== undefined && entry !== undefined && facts.videoCodec === undefined) {
      facts.videoCodec = codec;
      facts.width = readUint16(movie, entry.from + 8 + 32);
      facts.height = readUint16(movie, entry.from + 8 + 34);
    }
  }
  return facts;
}

/** Codec ids stand in plain letters in the track entries, which come before all media. */
function matroskaFacts(head: Uint8Array): TrackFacts {
  const text = new TextDecoder('latin1').decode(head);
  const found = MATROSKA_CODECS.filter(([id]) => text.includes(id)).map(([, codec]) => codec);
  const audioCodec = found.find((codec) => codec === 'opus' || codec === 'aac');
  const videoCodec = found.find((codec) => codec !== 'opus' && codec !== 'aac');
  return {
    ...(videoCodec === undefined ? {} : { videoCodec }),
    ...(audioCodec === undefined ? {} : { audioCodec }),
  };
}

function flvFacts(head: Uint8Array): TrackFacts {
  const facts: { -readonly [K in keyof TrackFacts]: TrackFacts[K] } = {};
  if (head.length < FLV_HEADER_BYTES) return facts;
  for (const tag of new FlvReader().push(head)) {
    if (tag.type === 'script') {
      const record = readAmf0(tag.body)?.[1];
      const value = (key: string): number => Number((record as Record<string, unknown> | undefined)?.[key]);
      if (value('duration') > 0) facts.durationUs = Math.round(value('duration') * US_PER_SECOND);
      if (value('width') > 0 && value('width') < 2 ** 16) facts.width = Math.round(value('width'));
      if (value('height') > 0 && value('height') < 2 ** 16) facts.height = Math.round(value('height'));
    }
    const video = tag.type === 'video' ? readVideoBody(tag.body)[0] : undefined;
    const audio = tag.type === 'audio' ? readAudioBody(tag.body)[0] : undefined;
    if (video !== undefined) facts.videoCodec ??= video.codec;
    if (audio !== undefined) facts.audioCodec ??= audio.codec;
  }
  return facts;
}

type Span = { readonly type: string; readonly from: number; readonly end: number };

function childrenOf(bytes: Uint8Array, from: number, end: number): readonly Span[] {
  const spans: Span[] = [];
  for (let at = from; at + 8 <= end; ) {
    const size = readUint32(bytes, at);
    if (size < 8 || at + size > end) break;
    spans.push({ type: typeAt(bytes, at + 4), from: at + 8, end: at + size });
    at += size;
  }
  return spans;
}

function find(bytes: Uint8Array, within: Span, path: readonly string[]): Span | undefined {
  let span: Span | undefined = within;
  for (const type of path) {
    if (span === undefined) return undefined;
    span = childrenOf(bytes, span.from, span.end).find((child) => child.type === type);
  }
  return span;
}

function typeAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
