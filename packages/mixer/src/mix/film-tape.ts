// The mix's own tape: one H.264 and one Opus track on the film's clock, in order of the film, so that a killed mix
// goes on exactly where its tape ends. Times tell the film's moment, not when it was made.

import type { EncodedPacket } from '@roomtape/ffmpeg';
import {
  assert,
  type Clock,
  describeConfig,
  type Log,
  OPUS_CLOCK_RATE,
  RoomtapeError,
  rescaleNearest,
  type Ticks,
  ticks,
  type UnixUs,
  US_PER_SECOND,
  unixUs,
} from '@roomtape/media';
import { openTape, openTapeReader, recoverTape, type TapeWriter } from '@roomtape/tape';

/** How far a film is on its tape. */
export type FilmEnd = {
  /** Pictures, and packets of sound, that are there. */
  readonly frames: number;
  readonly packets: number;
  readonly isSealed: boolean;
  readonly nextSequence: number;
};

/** Samples of one packet, and by how many the encoder's sound comes late (RFC 7845 §4.2). */
export const PACKET_SAMPLES = 960;
const PRE_SKIP_SAMPLES = 312;

const VIDEO = 1;
const AUDIO = 2;
const VIDEO_RATE = 90_000;
/** Film time 0 on the tracks' clocks, µs: sound begins a little earlier, and ticks stay positive. */
const ORIGIN_US = US_PER_SECOND;
/** The end of a tape that surely holds frames of both tracks. */
const TAIL_ENTRIES = 1000;
/** Bytes waiting for the disk beyond which mixing waits. */
const QUEUE_BYTES = 2 * 1024 * 1024;

/** Who watches a film live sees it that much later; a mixer steps ten times a second. */
const WRITE_DELAY_MS = 50;

/** What a film's tape is opened with. */
export type FilmTapeOptions = {
  readonly directory: string;
  readonly tapeId: string;
  readonly startAt: UnixUs;
  readonly fps: number;
  readonly channels: number;
  readonly hasVideo: boolean;
  readonly clock: Clock;
  readonly log: Log;
};

/** Reads how far a film is; all zero when there is no tape. One of sound alone has no frame rate. */
export function readFilmEnd(directory: string, fps: number | undefined): FilmEnd {
  const recovered = recoverTape(directory);
  if (recovered === undefined) return { frames: 0, packets: 0, isSealed: false, nextSequence: 0 };
  const { nextSequence, sealed } = recovered;
  const tail = lastOf(directory, Math.max(0, nextSequence - TAIL_ENTRIES), fps);
  const isWhole = tail.packets > 0 && (tail.frames > 0 || fps === undefined);
  const end = isWhole ? tail : lastOf(directory, 0, fps);
  return { ...end, isSealed: sealed, nextSequence };
}

/** Writes one film. */
export class FilmTape {
  readonly #options: FilmTapeOptions;
  readonly #writer: TapeWriter;
  /** Sound waits for the picture it goes with. */
  #sound: { readonly index: number; readonly data: Uint8Array }[] = [];
  #isConfigured = false;
  #filmUs = 0;

  private constructor(options: FilmTapeOptions, writer: TapeWriter) {
    this.#options = options;
    this.#writer = writer;
  }

  /** Makes or continues the tape; rejects as `openTape` does. */
  static async open(options: FilmTapeOptions): Promise<FilmTape> {
    const { directory, tapeId, clock, log } = options;
    const limits = { queueBytesMax: 16 * QUEUE_BYTES, writeDelayMs: WRITE_DELAY_MS };
    const writer = await openTape({ directory, tapeId, clock, log, limits });
    const tape = new FilmTape(options, writer);
    if (writer.nextSequence === 0) tape.#begin();
    return tape;
  }

  /** Sequence of the last entry. */
  get lastSequence(): number {
    return this.#writer.nextSequence - 1;
  }

  /** Adds a packet of sound, by its number in the film. */
  addSound(index: number, data: Uint8Array): void {
    this.#sound.push({ index, data });
    if (!this.#options.hasVideo) this.#putSound(index + 1);
  }

  /** Adds the next picture, and the sound before it. */
  addPicture(frame: number, packet: EncodedPacket): void {
    const { fps } = this.#options;
    this.#putSound(Math.ceil((frame * OPUS_CLOCK_RATE) / fps / PACKET_SAMPLES));
    const filmUs = Math.round((frame * US_PER_SECOND) / fps);
    if (packet.key && !this.#isConfigured) this.#configure(filmUs, packet.data);
    const pts = ticks(Math.round((frame * VIDEO_RATE) / fps) + VIDEO_RATE);
    const { data, key } = packet;
    this.#put({ trackId: VIDEO, type: key ? 'key' : 'delta', pts, filmUs, data });
  }

  /** Adds all sound that still waits. */
  flushSound(): void {
    this.#putSound(Number.POSITIVE_INFINITY);
  }

  /** Waits while the disk is behind. */
  async drain(): Promise<void> {
    if (this.#writer.describe().queuedBytes > QUEUE_BYTES) await this.#writer.flush();
  }

  /** Ends the tape; returns its last sequence. */
  async seal(): Promise<number> {
    const at = this.#wallOf(this.#filmUs);
    for (const trackId of this.#options.hasVideo ? [VIDEO, AUDIO] : [AUDIO])
      this.#writer.append({ kind: 'track-ended', at, trackId, reason: 'film-ended' });
    const { sequence } = await this.#writer.seal('film-ended');
    await this.#writer.close();
    return sequence;
  }

  /** Lets go of the tape, which can be continued. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  #begin(): void {
    const { tapeId, channels, hasVideo } = this.#options;
    const at = this.#wallOf(0);
    this.#writer.append({ kind: 'tape-opened', at, tapeId, roomId: '', streamId: 'mix', userId: '' });
    if (hasVideo) {
      const video = { mediaKind: 'video', codec: 'h264', clockRate: VIDEO_RATE } as const;
      this.#writer.append({ kind: 'track-added', at, trackId: VIDEO, ...video });
      this.#anchor(VIDEO, VIDEO_RATE);
    }
    const audio = { mediaKind: 'audio', codec: 'opus', clockRate: OPUS_CLOCK_RATE, channels } as const;
    this.#writer.append({ kind: 'track-added', at, trackId: AUDIO, ...audio });
    this.#anchor(AUDIO, OPUS_CLOCK_RATE);
  }

  /** Both tracks run on one clock, and say so. */
  #anchor(trackId: number, rate: number): void {
    const at = this.#wallOf(0);
    const origin = ticks(rescaleNearest(ORIGIN_US, US_PER_SECOND, rate));
    this.#writer.append({ kind: 'clock-anchor', trackId, ticks: origin, senderAt: at, arrivedAt: at });
  }

  #configure(filmUs: number, data: Uint8Array): void {
    this.#isConfigured = true;
    const facts = describeConfig('h264', data);
    if (facts === undefined) return;
    this.#writer.append({ kind: 'config-changed', at: this.#wallOf(filmUs), trackId: VIDEO, ...facts });
  }

  #putSound(before: number): void {
    while ((this.#sound[0]?.index ?? Number.POSITIVE_INFINITY) < before) {
      const packet = this.#sound.shift();
      if (packet === undefined) return;
      const samples = packet.index * PACKET_SAMPLES;
      const pts = ticks(samples - PRE_SKIP_SAMPLES + OPUS_CLOCK_RATE);
      const filmUs = rescaleNearest(samples, OPUS_CLOCK_RATE, US_PER_SECOND);
      this.#put({ trackId: AUDIO, type: 'key', pts, filmUs, data: packet.data });
    }
  }

  #put(frame: { trackId: number; type: 'key' | 'delta'; pts: Ticks; filmUs: number; data: Uint8Array }): void {
    const { filmUs, trackId, type, pts, data } = frame;
    this.#filmUs = Math.max(this.#filmUs, filmUs);
    const arrivedAt = this.#wallOf(filmUs);
    const taken = this.#writer.append({ kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data });
    // A film with a hole would be worse than one that goes on later from the tape's end.
    if (taken === undefined)
      throw new RoomtapeError('tape-stalled', 'the disk does not take the film', { blame: 'system', retryable: true });
  }

  #wallOf(filmUs: number): UnixUs {
    return unixUs(this.#options.startAt + filmUs);
  }
}

function lastOf(directory: string, fromSequence: number, fps = 0): { frames: number; packets: number } {
  const reader = openTapeReader(directory, { fromSequence });
  let [frames, packets] = [0, 0];
  for (const { entry } of reader) {
    if (entry.kind !== 'frame') continue;
    if (entry.trackId === VIDEO) frames = Math.round(((entry.pts - VIDEO_RATE) * fps) / VIDEO_RATE) + 1;
    else packets = Math.round((entry.pts - OPUS_CLOCK_RATE + PRE_SKIP_SAMPLES) / PACKET_SAMPLES) + 1;
  }
  reader.close();
  assert(frames >= 0 && packets >= 0, 'a film begins at 0');
  return { frames, packets };
}
