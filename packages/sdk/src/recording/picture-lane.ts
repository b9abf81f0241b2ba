// Pictures of one recording on their way from track to packet: read, put on the recording's line, thinned, fitted,
// encoded. Holds at most the newest picture, and for a quarter of a second: cameras have few buffers.

import type { EncodedPacket } from '../containers/container-writer.ts';
import type { FilmTime } from './film-time.ts';
import { FrameGate } from './frame-gate.ts';
import { PictureCanvas } from './picture-canvas.ts';
import { PictureClock } from './picture-clock.ts';
import { PictureEncoder } from './picture-encoder.ts';
import type { PictureSettings, PictureSize } from './record-settings.ts';
import { sharedNowUs } from './worker-messages.ts';

/** What the pictures are encoded to, once that is known. */
export type PictureLaneStart = {
  readonly film: FilmTime;
  readonly settings: PictureSettings;
  readonly config: VideoEncoderConfig;
  onPacket(packet: EncodedPacket): void;
  onError(error: unknown): void;
};

/** A picture is kept as a still when it is the newest for so long. */
const HOLD_US = 250_000;
/** A still is not put in before this has passed without a picture: one may be on its way. */
const LATE_US = 150_000;
/** Pictures are on their way for less than this. */
const EARLY_US = 100_000;
/** Two pictures at nearly the same time are both kept; further back a picture is out of order. */
const TREMBLE_US = 20_000;

type Running = PictureLaneStart & {
  /** The line's moment 0 on the shared clock, µs; endless before the film begins. */
  originUs: number;
  readonly gate: FrameGate;
  readonly canvas: PictureCanvas;
  readonly encoder: PictureEncoder;
};

/** The pictures of one recording. */
export class PictureLane {
  #reader: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #clock = new PictureClock();
  #held: { readonly frame: VideoFrame; readonly arrivedAtUs: number } | undefined;
  #running: Running | undefined;
  #lastFilmUs = -1000;
  #lastLineUs = 0;
  #encoded = 0;
  #dropped = 0;
  #firstSize: ((size: PictureSize) => void) | undefined;

  /** Pictures given to the encoder, and those left out because it was busy, since the start. */
  get counts(): { readonly encoded: number; readonly dropped: number } {
    return { encoded: this.#encoded, dropped: this.#dropped };
  }

  /** Up to where pictures came, µs of the line. */
  get lastLineUs(): number {
    return this.#lastLineUs;
  }

  /** Where the newest picture is in the film, µs; negative before the first. */
  get lastFilmUs(): number {
    return this.#lastFilmUs;
  }

  get hasTrack(): boolean {
    return this.#reader !== undefined;
  }

  /** Reads from a track instead of the one before; `onEnd` is called when it ends by itself. */
  read(readable: ReadableStream<VideoFrame> | undefined, onEnd: () => void): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = readable?.getReader();
    this.#clock = new PictureClock();
    if (this.#reader !== undefined) void this.#pump(this.#reader, onEnd);
  }

  /** Size of the first picture as it is shown. */
  firstSize(): Promise<PictureSize> {
    const held = this.#held?.frame;
    if (held !== undefined) return Promise.resolve(sizeOf(held));
    return new Promise((resolve) => {
      this.#firstSize = resolve;
    });
  }

  /** Opens the encoder. */
  prepare(start: PictureLaneStart): void {
    const { settings, config, onPacket, onError } = start;
    this.#running = {
      ...start,
      originUs: Number.POSITIVE_INFINITY,
      gate: new FrameGate(settings.framesPerSecond),
      canvas: new PictureCanvas(settings),
      encoder: new PictureEncoder({ settings, config, onPacket, onError }),
    };
  }

  /** Begins the film at a moment of the shared clock, with the newest picture there is, or black. */
  begin(originUs: number): void {
    const running = this.#running;
    if (running === undefined) return;
    running.originUs = originUs;
    const frame = this.#held?.frame;
    this.#encode(running, 0, (filmUs) =>
      frame === undefined ? running.canvas.still(filmUs) : running.canvas.fit(frame, filmUs),
    );
  }

  /** To be called some times a second: repeats the last picture when none comes, so that files keep growing. */
  tick(nowUs: number): void {
    const running = this.#running;
    if (running === undefined) return;
    if (this.#held !== undefined && nowUs - this.#held.arrivedAtUs >= HOLD_US) {
      running.canvas.keep(this.#held.frame);
      this.#release();
    }
    const lineUs = nowUs - running.originUs - LATE_US;
    const filmUs = running.film.place(lineUs);
    if (filmUs === undefined || this.#held !== undefined) return;
    if (filmUs - this.#lastFilmUs < running.settings.keyframeIntervalUs) return;
    this.#encode(running, lineUs, (atUs) => running.canvas.still(atUs));
  }

  /** Ends reading and gives what is in the encoder. */
  async finish(): Promise<void> {
    this.#stopReading();
    await this.#running?.encoder.flush();
  }

  close(): void {
    this.#stopReading();
    this.#running?.encoder.close();
  }

  async #pump(reader: ReadableStreamDefaultReader<VideoFrame>, onEnd: () => void): Promise<void> {
    try {
      for (;;) {
        const { value: frame, done } = await reader.read();
        if (frame === undefined || done) break;
        if (this.#reader === reader) this.#take(frame);
        else frame.close();
      }
    } catch {
      // A stream that fails has ended: what to do about it is the same.
    }
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    onEnd();
  }

  #take(frame: VideoFrame): void {
    const nowUs = sharedNowUs();
    const atUs = this.#clock.map(frame.timestamp, nowUs);
    this.#release();
    this.#held = { frame, arrivedAtUs: nowUs };
    this.#firstSize?.(sizeOf(frame));
    this.#firstSize = undefined;
    const running = this.#running;
    if (running === undefined || running.originUs === Number.POSITIVE_INFINITY) return;
    const early = running.originUs - atUs;
    // Shown as the film began, but still on its way then: it is the film's first picture.
    const lineUs = early > 0 && early < EARLY_US ? 0 : -early;
    if (running.film.place(lineUs) === undefined) {
      this.#lastLineUs = Math.max(this.#lastLineUs, lineUs);
      return;
    }
    if (!running.gate.admit(lineUs)) return;
    if (running.encoder.isReady) this.#encode(running, lineUs, (filmUs) => running.canvas.fit(frame, filmUs));
    else this.#dropped++;
  }

  #encode(running: Running, lineUs: number, picture: (filmUs: number) => VideoFrame): void {
    const placedUs = Math.round(running.film.place(lineUs) ?? -1);
    if (placedUs < this.#lastFilmUs - TREMBLE_US) return;
    const filmUs = Math.max(placedUs, this.#lastFilmUs + 1000);
    this.#lastLineUs = Math.max(this.#lastLineUs, lineUs);
    this.#lastFilmUs = filmUs;
    const frame = picture(filmUs);
    running.encoder.encode(frame);
    frame.close();
    this.#encoded++;
  }

  #stopReading(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    void reader?.cancel().catch(() => undefined);
    this.#release();
  }

  #release(): void {
    this.#held?.frame.close();
    this.#held = undefined;
  }
}

function sizeOf(frame: VideoFrame): PictureSize {
  return { width: frame.displayWidth, height: frame.displayHeight };
}
