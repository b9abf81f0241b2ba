// Splits FLV bytes, as they arrive in pieces of any size, into tags. Never throws; holds at most one tag. What a tag
// holds is for `readVideoBody`, `readAudioBody` and `readAmf0`.

import { readUint32 } from '@roomtape/media';
import { FLV_TAG_FRAME_BYTES, FLV_TAG_HEAD_BYTES, type FlvTag, readFlvTagHead } from './tag.ts';

/** Why reading stopped for good. */
export type FlvProblem = 'not-flv' | 'tag-too-large';

/** Options of a reader. */
export type FlvReaderOptions = {
  /** Longer tags end the reading. Default 8 MiB. */
  readonly tagBytesMax?: number;
};

const HEADER_BYTES_MAX = 1024;

/** Takes pieces of an FLV stream and gives its tags. */
export class FlvReader {
  readonly #tagBytesMax: number;
  #buffer = new Uint8Array(4096);
  #held = 0;
  #isPastHeader = false;
  #problem: FlvProblem | undefined;
  #offset = 0;

  constructor(options: FlvReaderOptions = {}) {
    this.#tagBytesMax = options.tagBytesMax ?? 8 * 2 ** 20;
  }

  /** Why nothing more will be read; `undefined` while all is well. */
  get problem(): FlvProblem | undefined {
    return this.#problem;
  }

  /** Position in the stream after the last whole tag: where a file that ends here is to be cut. */
  get wholeBytes(): number {
    return this.#offset;
  }

  /** Reads on. The bodies are copies and the caller's; `bytes` may be used again afterwards. */
  push(bytes: Uint8Array): readonly FlvTag[] {
    if (this.#problem !== undefined) return [];
    const data = this.#hold(bytes);
    const tags: FlvTag[] = [];
    let at = this.#isPastHeader ? 0 : this.#readHeader(data);
    while (this.#isPastHeader && this.#problem === undefined && data.length - at >= FLV_TAG_HEAD_BYTES) {
      const head = readFlvTagHead(data, at);
      if (head.bodyBytes > this.#tagBytesMax) {
        this.#problem = 'tag-too-large';
        break;
      }
      const end = at + head.bodyBytes + FLV_TAG_FRAME_BYTES;
      if (end > data.length) break;
      const from = at + FLV_TAG_HEAD_BYTES;
      if (head.type !== undefined) {
        const body = data.slice(from, from + head.bodyBytes);
        tags.push({ type: head.type, timestampMs: head.timestampMs, body });
      }
      at = end;
    }
    this.#offset += at;
    this.#buffer.copyWithin(0, at, this.#held);
    this.#held -= at;
    return tags;
  }

  /** Appends to what is held; the buffer doubles, so that many small pieces of a large tag cost no more than it. */
  #hold(bytes: Uint8Array): Uint8Array {
    const needed = this.#held + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = needed;
    return this.#buffer.subarray(0, needed);
  }

  /** Returns how many bytes the header takes; 0 while it is not whole. */
  #readHeader(data: Uint8Array): number {
    const isFlv = [0x46, 0x4c, 0x56].every((byte, i) => i >= data.length || data[i] === byte);
    const headerBytes = data.length >= 9 ? readUint32(data, 5) : 9;
    if (!isFlv || headerBytes < 9 || headerBytes > HEADER_BYTES_MAX) this.#problem = 'not-flv';
    if (this.#problem !== undefined || data.length < headerBytes + 4) return 0;
    this.#isPastHeader = true;
    return headerBytes + 4;
  }
}
