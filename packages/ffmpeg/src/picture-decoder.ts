// Decodes pictures without copying them: what comes out stays native memory until it is released, ready to be
// scaled into a canvas. Damaged input is a count, never thrown.

import type { VideoCodec } from '@roomtape/media';
import {
  AV_NOPTS_VALUE,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  type AVPixelFormat,
} from 'node-av/constants';
import { type CodecContext, Frame, type Packet } from 'node-av/lib';
import { openVideoDecoder } from './decoder.ts';
import { asBuffer, endView, newPacket } from './native.ts';
import { type Picture, pictureOf } from './picture.ts';

/** A decoded picture in native memory, 4:2:0. Owned by whoever holds it, until `release`. */
export interface NativePicture {
  /** As given with its packet, µs. */
  readonly ptsUs: number;
  readonly width: number;
  readonly height: number;
  /** Gives the memory back to the decoder; the picture must not be used afterwards. Idempotent. */
  release(): void;
}

/** Decodes one track; holds native memory until `close`. */
export interface PictureDecoder {
  /** Decodes one packet; empty while the codec wants more, and when the packet is damaged. */
  decode(data: Uint8Array, ptsUs: number): NativePicture[];
  /** Everything the codec still held; afterwards it takes nothing more. */
  flush(): NativePicture[];
  /** Leaves out the loop filter of pictures nothing refers to: cheaper, and no error that grows. */
  setReduced(isReduced: boolean): void;
  /** Packets the codec refused so far. */
  errorCount(): number;
  /** Frees the codec; pictures handed out stay valid until they are released. Idempotent. */
  close(): void;
}

/** Opens a decoder whose pictures are not copied. `config` as in `MuxTrack.config`, where it is not in-band. */
export function createPictureDecoder(codec: VideoCodec, config?: Uint8Array): PictureDecoder {
  return new NativePictureDecoder(openVideoDecoder(codec, config));
}

/** Makes a picture of ours usable where native ones are; copies it. */
export function holdPicture(picture: Picture, ptsUs = 0): NativePicture {
  return new HeldPicture(planesOf(picture), ptsUs, () => {});
}

/** The planes of a native picture, as the scaler takes them. */
export type NativePlanes = {
  readonly width: number;
  readonly height: number;
  readonly format: AVPixelFormat;
  readonly data: readonly Buffer[];
  readonly strides: readonly number[];
};

/** The planes of a picture that is not released yet; `undefined` for one that is. */
export function planesOfNative(picture: NativePicture): NativePlanes | undefined {
  return picture instanceof HeldPicture ? picture.planes : undefined;
}

class HeldPicture implements NativePicture {
  readonly ptsUs: number;
  readonly width: number;
  readonly height: number;
  planes: NativePlanes | undefined;
  readonly #giveBack: () => void;

  constructor(planes: NativePlanes, ptsUs: number, giveBack: () => void) {
    this.planes = planes;
    this.ptsUs = ptsUs;
    this.width = planes.width;
    this.height = planes.height;
    this.#giveBack = giveBack;
  }

  release(): void {
    if (this.planes === undefined) return;
    this.planes = undefined;
    this.#giveBack();
  }
}

/** Frames kept for reuse; more are freed. */
const POOL_MAX = 8;

class NativePictureDecoder implements PictureDecoder {
  readonly #context: CodecContext;
  readonly #packet: Packet = newPacket();
  readonly #pool: Frame[] = [];
  #errors = 0;
  #isOpen = true;
  #isReduced = false;

  constructor(context: CodecContext) {
    this.#context = context;
  }

  decode(data: Uint8Array, ptsUs: number): NativePicture[] {
    if (!this.#isOpen || data.length === 0) return [];
    const packet = this.#packet;
    packet.data = asBuffer(data);
    packet.pts = BigInt(Math.round(ptsUs));
    packet.dts = packet.pts;
    const result = this.#context.sendPacketSync(packet);
    packet.unref();
    if (result < 0) this.#errors += 1;
    return this.#receive(ptsUs);
  }

  flush(): NativePicture[] {
    if (!this.#isOpen) return [];
    this.#context.sendPacketSync(null);
    return this.#receive(0);
  }

  setReduced(isReduced: boolean): void {
    if (isReduced === this.#isReduced || !this.#isOpen) return;
    this.#isReduced = isReduced;
    const value = isReduced ? 'noref' : 'default';
    this.#context.setOption('skip_loop_filter', value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
  }

  errorCount(): number {
    return this.#errors;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const frame of this.#pool) frame.free();
    this.#pool.length = 0;
    this.#packet.free();
    this.#context.freeContext();
  }

  #receive(fallbackUs: number): NativePicture[] {
    const out: NativePicture[] = [];
    for (;;) {
      const frame = this.#pool.pop() ?? newFrame();
      if (this.#context.receiveFrameSync(frame) < 0) {
        this.#pool.push(frame);
        return out;
      }
      const best = frame.bestEffortTimestamp;
      const pts = best === AV_NOPTS_VALUE ? frame.pts : best;
      out.push(this.#hold(frame, pts === AV_NOPTS_VALUE ? fallbackUs : Number(pts)));
    }
  }

  #hold(frame: Frame, ptsUs: number): NativePicture {
    const { width, height } = frame;
    const format = frame.format as AVPixelFormat;
    if (format !== AV_PIX_FMT_YUV420P && format !== AV_PIX_FMT_YUVJ420P) {
      const copy = pictureOf(frame);
      this.#recycle(frame);
      return holdPicture(copy, ptsUs);
    }
    const planes = { width, height, format, data: (frame.data ?? []).slice(0, 3), strides: frame.linesize.slice(0, 3) };
    // The closure keeps the frame referenced: its buffers do not, and would dangle.
    return new HeldPicture(planes, ptsUs, () => {
      for (const plane of planes.data) endView(plane);
      this.#recycle(frame);
    });
  }

  #recycle(frame: Frame): void {
    frame.unref();
    if (this.#isOpen && this.#pool.length < POOL_MAX) this.#pool.push(frame);
    else frame.free();
  }
}

function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

function planesOf(picture: Picture): NativePlanes {
  const { width, height } = picture;
  const half = (width + 1) >> 1;
  // Native code may read a little past the end of a row.
  const padded = (plane: Uint8Array): Buffer => Buffer.concat([plane, new Uint8Array(64)]);
  const data = [padded(picture.y), padded(picture.u), padded(picture.v)];
  return { width, height, format: AV_PIX_FMT_YUV420P, data, strides: [width, half, half] };
}
