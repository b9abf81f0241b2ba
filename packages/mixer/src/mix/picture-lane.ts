// One input's picture as the film needs it: decodes what is due and keeps the newest picture. What nobody sees is
// not decoded, only kept from its last keyframe on.

import { createPictureDecoder, type NativePicture, type PictureDecoder } from '@roomtape/ffmpeg';
import type { VideoCodec } from '@roomtape/media';
import type { TapeFeed, WaitingFrame } from './tape-feed.ts';

/** A reordered picture comes out of its decoder with one that comes this much later at most, µs. */
export const REORDER_US = 500_000;
/** Frames kept undecoded of an input nobody sees; older ones are decoded, so that being seen again costs little. */
const KEPT_FRAMES = 300;

/** The picture of one input. */
export class PictureLane {
  readonly #feed: Pick<TapeFeed, 'video'>;
  #decoder: PictureDecoder | undefined;
  #source = '';
  #errors = 0;
  /** Frames that are due but not decoded. */
  #kept: WaitingFrame[] = [];
  /** Decoded pictures not yet due. */
  #ahead: NativePicture[] = [];
  #current: NativePicture | undefined;
  #serial = 0;

  constructor(feed: Pick<TapeFeed, 'video'>) {
    this.#feed = feed;
  }

  /** The newest picture, µs of wall time being its `ptsUs`; valid until the next `advance`. */
  get current(): NativePicture | undefined {
    return this.#current;
  }

  /** Changes with the picture. */
  get serial(): number {
    return this.#serial;
  }

  /** Frames that wait to be decoded or shown. */
  get waiting(): number {
    return this.#kept.length + this.#ahead.length;
  }

  /** Packets the codec refused so far. */
  get errors(): number {
    return this.#errors + (this.#decoder?.errorCount() ?? 0);
  }

  /** Goes on to the newest picture not after a wall time. */
  advance(wall: number, isSeen: boolean): void {
    const { video } = this.#feed;
    let due = 0;
    while (due < video.length && this.#isDue(video, due, wall)) due += 1;
    for (const item of video.splice(0, due)) {
      if (item.frame.type === 'key' && !isSeen) this.#kept = [];
      this.#kept.push(item);
    }
    if (isSeen) this.#decode(this.#kept.splice(0));
    else if (this.#kept.length > KEPT_FRAMES) this.#decode(this.#kept.splice(0, this.#kept.length - KEPT_FRAMES / 2));
    this.#show(wall);
  }

  /** Lets go of the decoder where nothing waits for it: only a keyframe goes on from here. The picture stays. */
  rest(): void {
    if (this.#kept.length > 0) return;
    this.#errors += this.#decoder?.errorCount() ?? 0;
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  /** Gives everything back. */
  close(): void {
    this.#errors += this.#decoder?.errorCount() ?? 0;
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#kept = [];
    for (const picture of this.#ahead) picture.release();
    this.#ahead = [];
    this.#current?.release();
    this.#current = undefined;
  }

  /** A frame is due with its moment, and before it when a picture shown earlier may come out with it. */
  #isDue(video: readonly WaitingFrame[], index: number, wall: number): boolean {
    const item = video[index];
    if (item === undefined) return false;
    if (item.wall <= wall) return true;
    return item.mayReorder && item.wall <= wall + REORDER_US;
  }

  #decode(items: readonly WaitingFrame[]): void {
    for (const { frame, added, config, wall } of items) {
      const source = `${added.trackId} ${added.codec}`;
      if (this.#decoder === undefined || source !== this.#source) {
        if (frame.type !== 'key') continue;
        if (this.#decoder !== undefined) this.#ahead.push(...this.#decoder.flush());
        this.#errors += this.#decoder?.errorCount() ?? 0;
        this.#decoder?.close();
        this.#decoder = createPictureDecoder(added.codec as VideoCodec, config);
        this.#source = source;
      }
      this.#ahead.push(...this.#decoder.decode(frame.data, wall));
    }
  }

  #show(wall: number): void {
    let newest: NativePicture | undefined;
    const ahead: NativePicture[] = [];
    for (const picture of this.#ahead) {
      if (picture.ptsUs > wall) ahead.push(picture);
      else if (newest === undefined || picture.ptsUs >= newest.ptsUs) {
        newest?.release();
        newest = picture;
      } else picture.release();
    }
    this.#ahead = ahead;
    if (newest === undefined) return;
    this.#current?.release();
    this.#current = newest;
    this.#serial += 1;
  }
}
