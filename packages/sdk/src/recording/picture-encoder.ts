// The video encoder of one recording: a keyframe as often as asked for, nothing taken when it cannot keep up, opened
// again when the browser took it away. Packets keep the times of the pictures.

import type { EncodedPacket } from '../containers/container-writer.ts';
import type { PictureSettings } from './record-settings.ts';

/** Pictures in the encoder at most: at 30 a second it is then a quarter of a second behind, which a file does not mind. */
const QUEUE_MAX = 8;
/** An encoder that fails again so soon is broken, not reclaimed. */
const REOPEN_AFTER_US = 5_000_000;

/** What to encode and whom to give it. */
export type PictureEncoderOptions = {
  readonly config: VideoEncoderConfig;
  readonly settings: PictureSettings;
  onPacket(packet: EncodedPacket): void;
  onError(error: unknown): void;
};

/** Encodes pictures of one size. */
export class PictureEncoder {
  readonly #options: PictureEncoderOptions;
  #encoder: VideoEncoder;
  #openedAtUs = Number.NEGATIVE_INFINITY;
  #keyframeAtUs = Number.NEGATIVE_INFINITY;
  #lastUs = 0;
  #decoderConfig: Uint8Array | undefined;
  #isClosed = false;

  constructor(options: PictureEncoderOptions) {
    this.#options = options;
    this.#encoder = this.#open();
  }

  /** Whether it has room for another picture. */
  get isReady(): boolean {
    return this.#encoder.state !== 'configured' || this.#encoder.encodeQueueSize < QUEUE_MAX;
  }

  /** Encodes a picture by its timestamp, which must rise. The picture stays the caller's. */
  encode(frame: VideoFrame): void {
    if (this.#isClosed) return;
    try {
      if (this.#encoder.state === 'closed') this.#reopen(frame.timestamp);
      const { keyframeIntervalUs, framesPerSecond } = this.#options.settings;
      const dueUs = this.#keyframeAtUs + keyframeIntervalUs - 500_000 / framesPerSecond;
      const keyFrame = frame.timestamp >= dueUs;
      this.#encoder.encode(frame, { keyFrame });
      if (keyFrame) this.#keyframeAtUs = frame.timestamp;
      this.#lastUs = frame.timestamp;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when everything taken has come out. */
  async flush(): Promise<void> {
    if (this.#encoder.state === 'configured') await this.#encoder.flush();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #open(): VideoEncoder {
    const encoder = new VideoEncoder({
      output: (chunk, facts) => this.#give(chunk, facts),
      // Background tabs lose encoders; the next picture opens another.
      error: (error) => {
        if (this.#lastUs - this.#openedAtUs < REOPEN_AFTER_US) this.#fail(error);
      },
    });
    encoder.configure(this.#options.config);
    return encoder;
  }

  #reopen(atUs: number): void {
    this.#openedAtUs = atUs;
    this.#keyframeAtUs = Number.NEGATIVE_INFINITY;
    this.#encoder = this.#open();
  }

  #give(chunk: EncodedVideoChunk, facts: EncodedVideoChunkMetadata | undefined): void {
    if (this.#isClosed) return;
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    const decoderConfig = this.#newDecoderConfig(facts);
    this.#options.onPacket({
      bytes,
      ptsUs: chunk.timestamp,
      durationUs: Math.round(1e6 / this.#options.settings.framesPerSecond),
      isKeyframe: chunk.type === 'key',
      ...(decoderConfig === undefined ? {} : { decoderConfig }),
    });
  }

  #newDecoderConfig(facts: EncodedVideoChunkMetadata | undefined): Uint8Array | undefined {
    const description = facts?.decoderConfig?.description;
    if (description === undefined) return undefined;
    const config = bytesOf(description);
    const before = this.#decoderConfig;
    this.#decoderConfig = config;
    return before !== undefined && isSame(before, config) ? undefined : config;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onError(error);
  }
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
