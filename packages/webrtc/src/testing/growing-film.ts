// A film's tape as a mixer writes it, without a mixer: H.264 with a keyframe every two seconds and Opus, on the film's
// own clock, as far as a test lets it grow.

import { type Clock, silentLog, ticks, type UnixUs, unixUs } from '@roomtape/media';
import { openTape, type TapeLimits, type TapeWriter } from '@roomtape/tape';
import { h264Frame } from './test-publisher.ts';

const FPS = 30;
const GOP_FRAMES = 2 * FPS;
const VIDEO = 1;
const AUDIO = 2;
const PICTURE_BYTES = 2000;

/** How a film is made. */
export type GrowingFilmOptions = {
  readonly directory: string;
  readonly clock: Clock;
  readonly startAt: UnixUs;
  readonly hasVideo?: boolean;
  readonly limits?: Partial<TapeLimits>;
};

/** A film that grows on its tape. */
export class GrowingFilm {
  readonly #options: GrowingFilmOptions;
  #writer: TapeWriter;
  #filmMs = 0;
  #frames = 0;
  #packets = 0;

  private constructor(options: GrowingFilmOptions, writer: TapeWriter) {
    this.#options = options;
    this.#writer = writer;
  }

  /** Makes the tape. */
  static async open(options: GrowingFilmOptions): Promise<GrowingFilm> {
    const film = new GrowingFilm(options, await openWriter(options));
    film.#begin();
    return film;
  }

  /** Pictures on the tape. */
  get frames(): number {
    return this.#frames;
  }

  /** Adds so much film, readable when it resolves. */
  async grow(ms: number): Promise<void> {
    this.#filmMs += ms;
    const { hasVideo = true } = this.#options;
    while (this.#packets * 20 <= this.#filmMs || (hasVideo && (this.#frames * 1000) / FPS <= this.#filmMs)) {
      const isSoundNext = !hasVideo || this.#packets * 20 <= (this.#frames * 1000) / FPS;
      if (isSoundNext) this.#addSound();
      else this.#addPicture();
    }
    await this.#writer.flush();
  }

  /** The mixer died and another one goes on: in a chunk of its own, with a keyframe. */
  async reopen(): Promise<void> {
    await this.#writer.close();
    this.#writer = await openWriter(this.#options);
    this.#frames = Math.ceil(this.#frames / GOP_FRAMES) * GOP_FRAMES;
  }

  /** The film ends. */
  async seal(): Promise<void> {
    await this.#writer.seal('film-ended');
    await this.#writer.close();
  }

  #begin(): void {
    const { startAt, hasVideo = true } = this.#options;
    const at = startAt;
    this.#writer.append({ kind: 'tape-opened', at, tapeId: 'film', roomId: '', streamId: 'mix', userId: '' });
    if (hasVideo) this.#addTrack(VIDEO, { mediaKind: 'video', codec: 'h264', clockRate: 90_000 });
    this.#addTrack(AUDIO, { mediaKind: 'audio', codec: 'opus', clockRate: 48_000 });
  }

  #addTrack(trackId: number, track: { mediaKind: 'audio' | 'video'; codec: 'h264' | 'opus'; clockRate: number }): void {
    const at = this.#options.startAt;
    this.#writer.append({ kind: 'track-added', at, trackId, ...track });
    const origin = ticks(track.clockRate);
    this.#writer.append({ kind: 'clock-anchor', trackId, ticks: origin, senderAt: at, arrivedAt: at });
  }

  #addPicture(): void {
    const number = this.#frames++;
    const type = number % GOP_FRAMES === 0 ? 'key' : 'delta';
    this.#append(VIDEO, {
      type,
      pts: 90_000 + (number * 90_000) / FPS,
      data: h264Frame(type === 'key', number, PICTURE_BYTES),
    });
  }

  #addSound(): void {
    const number = this.#packets++;
    const data = new Uint8Array(60).fill(number);
    data[0] = 0x78;
    this.#append(AUDIO, { type: 'key', pts: 48_000 + number * 960, data });
  }

  #append(trackId: number, frame: { type: 'key' | 'delta'; pts: number; data: Uint8Array }): void {
    const pts = ticks(frame.pts);
    const arrivedAt = unixUs(this.#options.startAt + this.#filmMs * 1000);
    const { type, data } = frame;
    this.#writer.append({ kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data });
  }
}

function openWriter({ directory, clock, limits = {} }: GrowingFilmOptions): Promise<TapeWriter> {
  return openTape({ directory, tapeId: 'film', clock, log: silentLog, limits });
}
