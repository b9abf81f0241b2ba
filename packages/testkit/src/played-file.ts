// Keeps what a player receives in a file: MP4 for H.264, H.265 and AV1, WebM for VP8 and VP9, without
// encoding anything. For looking at a stream, not for recording it: tracks are aligned by their arrival.

import { createFileMuxer, type FileMuxer, type MuxTrack } from '@roomtape/ffmpeg';
import { type CodecConfig, describeConfig, ticksToUs } from '@roomtape/media';
import type { AnsweredMedia } from './client-offer.ts';
import type { PlayedFrame } from './rtp-player.ts';

/** What is written where. The ending of `path` is not looked at. */
export type PlayedFileOptions = { readonly path: string; readonly media: readonly AnsweredMedia[] };

const FRAGMENT_MS = 500;
/** Sound that waits for the first keyframe: 10 s of 20 ms packets. */
const WAITING_MAX = 500;

/** Writes played frames into one file. */
export class PlayedFile {
  readonly #options: PlayedFileOptions;
  readonly #waiting: PlayedFrame[] = [];
  readonly #offsets = new Map<AnsweredMedia, number>();
  readonly #lastUs = new Map<AnsweredMedia, number>();
  #muxer: FileMuxer | undefined;
  #originUs = 0;

  constructor(options: PlayedFileOptions) {
    this.#options = options;
  }

  /** Takes one frame; the file begins with the first keyframe, or with sound where there is no picture. */
  take(frame: PlayedFrame): void {
    if (this.#muxer !== undefined) {
      this.#write(frame);
      return;
    }
    const video = this.#options.media.find((media) => media.kind === 'video');
    const isStart = video === undefined || (frame.media === video && frame.type === 'key');
    if (!isStart) {
      if (this.#waiting.length < WAITING_MAX) this.#waiting.push(frame);
      return;
    }
    this.#open(frame);
    for (const early of this.#waiting) if (early.arrivedAt >= frame.arrivedAt) this.#write(early);
    this.#waiting.length = 0;
    this.#write(frame);
  }

  /** Closes the file; without a frame there is none. */
  finish(): void {
    this.#muxer?.finish();
    this.#muxer = undefined;
  }

  #open(first: PlayedFrame): void {
    const codec = this.#options.media.find((media) => media.kind === 'video')?.codec;
    const container = codec === 'vp8' || codec === 'vp9' ? 'webm' : 'mp4';
    const tracks = this.#options.media.map((media) => trackOf(media, first));
    this.#originUs = first.arrivedAt;
    this.#muxer = createFileMuxer({ path: this.#options.path, container, tracks, fragmentMs: FRAGMENT_MS });
  }

  #write(frame: PlayedFrame): void {
    const { media } = frame;
    const clockUs = ticksToUs(frame.pts, media.kind === 'audio' ? 48_000 : 90_000);
    const offset = this.#offsets.get(media) ?? frame.arrivedAt - this.#originUs - clockUs;
    this.#offsets.set(media, offset);
    const ptsUs = clockUs + offset;
    const lastUs = this.#lastUs.get(media) ?? -1;
    if (ptsUs <= lastUs) return;
    this.#lastUs.set(media, ptsUs);
    const track = this.#options.media.indexOf(media);
    const durationUs = media.kind === 'audio' ? 20_000 : 33_333;
    this.#muxer?.write({ track, ptsUs, dtsUs: ptsUs, durationUs, key: frame.type === 'key', data: frame.data });
  }
}

function trackOf(media: AnsweredMedia, first: PlayedFrame): MuxTrack {
  if (media.codec === 'opus') return { codec: 'opus', channels: 2, sampleRate: 48_000 };
  const config: CodecConfig | undefined = first.media === media ? describeConfig(media.codec, first.data) : undefined;
  return {
    codec: media.codec,
    ...(config?.width === undefined ? {} : { width: config.width }),
    ...(config?.height === undefined ? {} : { height: config.height }),
    ...(config?.config === undefined ? {} : { config: config.config }),
  };
}
