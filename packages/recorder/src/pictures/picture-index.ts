// The list of a series' pictures, a JSON array beside them: written as a whole each time, and read again after a crash,
// so that what is there already is not made again.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PictureFormat } from '@roomtape/ffmpeg';
import type { UnixUs } from '@roomtape/media';
import { PICTURE_EXTENSION, TEMPORARY, writeWhole } from './picture-file.ts';

/** One picture of a series. */
export type IndexedPicture = {
  /** Its file, beside the index. */
  readonly name: string;
  /** Its time in the recording. */
  readonly atMs: number;
  /** When that was, RFC 3339. */
  readonly wallTime: string;
  readonly width: number;
  readonly height: number;
};

/** Pictures listed at once; a longer list is written less often than it grows. */
const SHORT_LIST = 100;
const WRITE_PERIOD_US = 10_000_000;
const NUMBER_DIGITS = 6;

/** The name of a series' index. */
export function indexName(fileName: string, format: PictureFormat): string {
  return `${fileName}.${PICTURE_EXTENSION[format]}.json`;
}

/** Whether a directory entry is a picture of the series with this index. */
export function isPictureOf(index: string, entry: string): boolean {
  const series = /^(.*)\.(jpg|webp)\.json$/.exec(index);
  const picture = /^(.*)-\d{6,}\.(jpg|webp)$/.exec(entry);
  return series !== null && picture !== null && series[1] === picture[1] && series[2] === picture[2];
}

/** The index of one series. */
export class PictureIndex {
  readonly path: string;
  readonly #stem: string;
  readonly #extension: string;
  #pictures: IndexedPicture[] = [];
  /** What an earlier pass made, by name. */
  #earlier: ReadonlyMap<string, IndexedPicture>;
  #written = 0;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(directory: string, fileName: string, format: PictureFormat) {
    this.path = join(directory, indexName(fileName, format));
    this.#stem = fileName;
    this.#extension = PICTURE_EXTENSION[format];
    this.#earlier = new Map(readIndex(this.path).map((picture) => [picture.name, picture]));
    removeHalves(directory, this.path);
  }

  /** Pictures of this pass so far. */
  get count(): number {
    return this.#pictures.length;
  }

  /** Where the next picture goes. */
  get nextPath(): string {
    const number = String(this.#pictures.length + 1).padStart(NUMBER_DIGITS, '0');
    return join(dirname(this.path), `${this.#stem}-${number}.${this.#extension}`);
  }

  /** The next picture when an earlier pass made the same one, and it is still there. */
  earlier(atMs: number): IndexedPicture | undefined {
    const path = this.nextPath;
    const known = this.#earlier.get(basename(path));
    return known?.atMs === atMs && existsSync(path) ? known : undefined;
  }

  /** Lists a picture that is there. */
  add(picture: IndexedPicture): void {
    this.#pictures.push(picture);
  }

  /** Writes what is new, unless a long list was written a moment ago. */
  write(now: UnixUs): void {
    if (this.#written === this.#pictures.length) return;
    if (this.#pictures.length > SHORT_LIST && now - this.#writtenAt < WRITE_PERIOD_US) return;
    this.#writtenAt = now;
    this.finish();
  }

  /** Writes all of it. */
  finish(): void {
    this.#written = this.#pictures.length;
    writeWhole(this.path, `[\n${this.#pictures.map((picture) => JSON.stringify(picture)).join(',\n')}\n]\n`);
  }

  /** Begins anew. What was made counts as made by an earlier pass, unless times may differ now. */
  restart(isSame: boolean): void {
    const made = this.#pictures.map((picture): [string, IndexedPicture] => [picture.name, picture]);
    this.#earlier = isSame ? new Map([...this.#earlier, ...made]) : new Map();
    this.#pictures = [];
    this.#written = 0;
  }
}

/** Removes what a killed process was writing. */
function removeHalves(directory: string, index: string): void {
  const name = basename(index);
  for (const entry of readdirSync(directory)) {
    if (!entry.endsWith(TEMPORARY)) continue;
    const whole = entry.slice(0, -TEMPORARY.length);
    if (whole === name || isPictureOf(name, whole)) rmSync(join(directory, entry), { force: true });
  }
}

/** What an index on disk lists; nothing when it cannot be read. */
function readIndex(path: string): IndexedPicture[] {
  try {
    const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(list) ? list.filter(isIndexed) : [];
  } catch {
    return [];
  }
}

function isIndexed(value: unknown): value is IndexedPicture {
  const { name, atMs, width, height } = (value ?? {}) as Partial<IndexedPicture>;
  return typeof name === 'string' && [atMs, width, height].every(Number.isFinite);
}
