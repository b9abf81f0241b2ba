// Keeps what a player receives in a file: MP4 for H.264, H.265 and AV1, WebM for VP8 and VP9, without
// encoding anything. For looking at a stream, not for recording it: tracks are aligned once, by the sender's
// first reports, and the frames before them are left out.

import { createFileMuxer, type FileMuxer, type MuxTrack } from '@roomtape/ffmpeg';
import { type CodecConfig, describeConfig, ticksToUs, type UnixUs } from '@roomtape/media';
import type { AnsweredMedia } from './client-offer.ts';
import type { PlayedFrame } from './rtp-player.ts';

/** What is written where. The ending of `path` is not looked at. */
export type PlayedFileOptions = { readonly path: string; readonly media: readonly AnsweredMedia[] };

const FRAGMENT_MS = 500;

/** Writes played frames into one file. */
export class PlayedFile {
  readonly #options: PlayedFileOptions;
  readonly #offsets = new Map<AnsweredMedia, number>();
  readonly #lastUs = new Map<AnsweredMedia, number>();
  #muxer: FileMuxer | undefined;
  #originUs = 0;

  constructor(options: PlayedFileOptions) {
    this.#options = options;
  }

  /** Whether the file has begun; until then a keyframe helps. */
  get isStarted(): boolean {
    return this.#muxer !== undefined;
  }

  /** Takes one frame; the file begins with the first keyframe, or with sound where there is no picture. */
  take(frame: PlayedFrame): void {
    if (frame.capturedAt === undefined) return;
    if (this.#muxer === undefined) {
      const video = this.#options.media.find((media) => media.kind === 'video');
      if (video !== undefined && (frame.media !== video || frame.type !== 'key')) return;
      this.#open(frame, frame.capturedAt);
    }
    this.#write(frame, frame.capturedAt);
  }

  /** Closes the file; without a frame there is none. */
  finish(): void {
    this.#muxer?.finish();
    this.#muxer = undefined;
  }

  #open(first: PlayedFrame, capturedAt: UnixUs): void {
    const codec = this.#options.media.find((media) => media.kind === 'video')?.codec;
    const container = codec === 'vp8' || codec === 'vp9' ? 'webm' : 'mp4';
    const tracks = this.#options.media.map((media) => trackOf(media, first));
    this.#originUs = capturedAt;
    this.#muxer = createFileMuxer({ path: this.#options.path, container, tracks, fragmentMs: FRAGMENT_MS });
  }

  #write(frame: PlayedFrame, capturedAt: UnixUs): void {
    const { media } = frame;
    const clockUs = ticksToUs(frame.pts, media.kind === 'audio' ? 48_000 : 90_000);
    const offset = this.#offsets.get(media) ?? capturedAt - this.#originUs - clockUs;
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
