// Makes an ordinary MP4 of a fragmented one in place: reads the fragments' heads while they are written, and at the end
// appends one `moov` with all samples and hides what is before it in one large `mdat`. No media is copied.
//
//   being written:  ftyp  moov  moof mdat  moof mdat …
//   finished:       ftyp  mdat( …  moof mdat  moof mdat … )  moov

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { concatBytes, readBoxType, readUint32, readUint64, uint32s, uint64s } from '@roomtape/media';
import { ffmpegError } from '../errors.ts';
import { finishedMovie, tracksOf } from './finished-movie.ts';
import { readFragment, type SampleDefaults } from './fragment-reader.ts';
import { TrackIndex } from './track-index.ts';

/** Reads this much at each box: nearly always all of a `moof`. */
const PEEK_BYTES = 4096;
/** No head of a fragment or film is longer; a longer one is damage. */
const HEAD_BYTES_MAX = 64 * 2 ** 20;

type Found = { readonly type: string; readonly bytes: number };

/** The index of one file that is being written by somebody else. It keeps the file open until it is closed. */
export class Mp4Index {
  readonly #path: string;
  readonly #file: number;
  readonly #peek = new Uint8Array(PEEK_BYTES);
  readonly #tracks = new Map<number, TrackIndex>();
  #defaults: ReadonlyMap<number, SampleDefaults> = new Map();
  #movie: { readonly at: number; readonly bytes: Uint8Array } | undefined;
  #at = 0;
  #isOpen = true;

  /** Opens a file that is there already; throws `output-open-failed`. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'r+');
    } catch (error) {
      throw ffmpegError('output-open-failed', `open ${path}: ${wordsOf(error)}`);
    }
  }

  /** Takes in what was written since; throws `output-write-failed` when that is not what a muxer writes. */
  follow(): void {
    const { size } = fstatSync(this.#file);
    for (let found = this.#boxAt(size); found !== undefined; found = this.#boxAt(size)) {
      if (found.type === 'moov') this.#takeMovie(this.#read(this.#at, found.bytes));
      else if (found.type === 'moof') this.#takeFragment(this.#head(found.bytes));
      this.#at += found.bytes;
    }
  }

  /** Writes the index behind the last fragment; a file without media stays as it is. */
  finish(): void {
    this.follow();
    const { size } = fstatSync(this.#file);
    if (this.#at !== size) throw ffmpegError('output-write-failed', `finish ${this.#path}: its end is torn`);
    const movie = this.#movie;
    if (movie === undefined || [...this.#tracks.values()].every(({ count }) => count === 0)) return;
    try {
      this.#write(finishedMovie(movie.bytes, this.#tracks), size);
      // The head of the large `mdat`, in the first bytes of what it hides.
      const head = concatBytes([uint32s([1]), new TextEncoder().encode('mdat'), uint64s([size - movie.at])]);
      this.#write(head, movie.at);
    } catch (error) {
      ftruncateSync(this.#file, size);
      const { code } = error as { code?: unknown };
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      const what = isFull ? 'output-disk-full' : 'output-write-failed';
      throw ffmpegError(what, `finish ${this.#path}: ${wordsOf(error)}`);
    }
  }

  /** Lets go of the file. Idempotent, never throws. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
  }

  /** The whole box at the present position, with its beginning in `#peek`. */
  #boxAt(size: number): Found | undefined {
    const read = readSync(this.#file, this.#peek, 0, PEEK_BYTES, this.#at);
    if (read < 8) return undefined;
    const short = readUint32(this.#peek, 0);
    const bytes = short === 1 && read >= 16 ? readUint64(this.#peek, 8) : short;
    if (bytes < 8 || this.#at + bytes > size) return undefined;
    return { type: readBoxType(this.#peek, 4), bytes };
  }

  #takeMovie(bytes: Uint8Array): void {
    this.#movie = { at: this.#at, bytes };
    this.#defaults = tracksOf(bytes);
  }

  #takeFragment(moof: Uint8Array): void {
    const runs = readFragment(moof, (trackId) => this.#defaults.get(trackId));
    if (runs === undefined) throw ffmpegError('output-write-failed', `index ${this.#path}: a fragment is unreadable`);
    for (const run of runs) {
      const track = this.#tracks.get(run.trackId) ?? new TrackIndex();
      this.#tracks.set(run.trackId, track);
      track.add(run, this.#at + run.offsetBytes);
    }
  }

  #head(bytes: number): Uint8Array {
    return bytes <= PEEK_BYTES ? this.#peek.subarray(0, bytes) : this.#read(this.#at, bytes);
  }

  #read(at: number, bytes: number): Uint8Array {
    if (bytes > HEAD_BYTES_MAX) throw ffmpegError('output-write-failed', `index ${this.#path}: a head is too long`);
    const data = new Uint8Array(bytes);
    let done = 0;
    while (done < bytes) {
      const read = readSync(this.#file, data, done, bytes - done, at + done);
      if (read === 0) throw ffmpegError('output-write-failed', `index ${this.#path}: the file became shorter`);
      done += read;
    }
    return data;
  }

  #write(bytes: Uint8Array, at: number): void {
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
