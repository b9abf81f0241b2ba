// Makes a good file of one whose writer died: cuts a torn end off, writes what the end would have written.

import {
  FLV_HEADER_BYTES,
  FLV_TAG_FRAME_BYTES,
  FLV_TAG_HEAD_BYTES,
  type FlvKeyframe,
  readFlvTagHead,
  readVideoBody,
} from '@roomtape/flv';
import { readUint32, rescaleNearest, US_PER_SECOND } from '@roomtape/media';
import type { ByteFile } from '../storage/byte-file.ts';
import { adtsFrameBytes } from './adts-writer.ts';
import type { ContainerName } from './container-writer.ts';
import { FLV_METADATA_BYTES, type FlvTracks, flvMetadataBlock } from './flv-writer.ts';
import { finishMp4 } from './mp4/finish-mp4.ts';
import { keepForeignMp4 } from './mp4/foreign-mp4.ts';

/** Read at once while walking through a file. */
const WINDOW_BYTES = 256 * 1024;
const AAC_FRAME_SAMPLES = 1024;
/** Sound and picture at the end of an FLV last about this long; FLV does not say. */
const LAST_TAG_MS = 20;

/**
 * Finishes a file in place, whole up to the last fragment, tag or frame. `tracks` are what its writer was given.
 * Returns its duration in µs; `undefined` when nothing in it can be played. Doing it twice gives the same.
 */
export function recoverContainer(name: ContainerName, file: ByteFile, tracks: FlvTracks): number | undefined {
  if (name === 'mp4') return finishMp4(file) ?? keepForeignMp4(file);
  return name === 'flv' ? recoverFlv(file, tracks) : recoverAdts(file);
}

function recoverFlv(file: ByteFile, tracks: FlvTracks): number | undefined {
  const keyframes: FlvKeyframe[] = [];
  const first = FLV_HEADER_BYTES + FLV_METADATA_BYTES;
  let at = first;
  let lastMs = 0;
  let frames = 0;
  let hasEnd = false;
  const window = new FileWindow(file);
  for (;;) {
    // The head and, of pictures, the bytes that say what they are.
    const bytes = window.at(at, FLV_TAG_HEAD_BYTES + 16);
    const head = readFlvTagHead(bytes, 0);
    const end = at + head.bodyBytes + FLV_TAG_FRAME_BYTES;
    if (bytes.length < FLV_TAG_HEAD_BYTES || head.type === undefined || end > file.size) break;
    // The back pointer is a tag's last bytes: without it the rest is room kept aside, not media.
    if (readUint32(file.read(end - 4, 4), 0) !== head.bodyBytes + FLV_TAG_HEAD_BYTES) break;
    const body = bytes.subarray(FLV_TAG_HEAD_BYTES, FLV_TAG_HEAD_BYTES + head.bodyBytes);
    const picture = head.type === 'video' ? readVideoBody(body)[0] : undefined;
    const timeSeconds = head.timestampMs / 1000;
    const isIndexed = picture?.kind === 'config' ? keyframes.length === 0 : picture?.kind === 'frame';
    if (picture?.isKeyframe && isIndexed) keyframes.push({ timeSeconds, positionBytes: at });
    hasEnd = picture?.kind === 'end';
    lastMs = Math.max(lastMs, head.timestampMs);
    frames += 1;
    at = end;
  }
  if (frames === 0) return undefined;
  file.truncate(at);
  const durationMs = hasEnd ? lastMs : lastMs + LAST_TAG_MS;
  const metadata = { durationSeconds: durationMs / 1000, fileBytes: at, keyframes };
  file.write(flvMetadataBlock(tracks, metadata), FLV_HEADER_BYTES);
  file.flush();
  return durationMs * 1000;
}

function recoverAdts(file: ByteFile): number | undefined {
  const window = new FileWindow(file);
  let at = 0;
  let frames = 0;
  for (;;) {
    const length = adtsFrameBytes(window.at(at, 7), 0);
    if (length === undefined || at + length > file.size) break;
    // A torn last frame ends in room kept aside; a whole one hardly ever ends in zeros.
    if (readUint32(file.read(at + length - 4, 4), 0) === 0) break;
    at += length;
    frames += 1;
  }
  if (frames === 0) return undefined;
  file.truncate(at);
  file.flush();
  return rescaleNearest(frames * AAC_FRAME_SAMPLES, 48_000, US_PER_SECOND);
}

/** Reads a file forwards in large pieces. */
class FileWindow {
  readonly #file: ByteFile;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(file: ByteFile) {
    this.#file = file;
  }

  /** Up to `length` bytes at a position; fewer at the end of the file. */
  at(position: number, length: number): Uint8Array {
    const from = position - this.#start;
    if (from < 0 || from + length > this.#bytes.length) {
      this.#bytes = this.#file.read(position, Math.max(WINDOW_BYTES, length));
      this.#start = position;
    }
    const offset = position - this.#start;
    return this.#bytes.subarray(offset, offset + length);
  }
}
