// VP9 on RTP (RFC 9628): the layer frames of one picture become one frame, with a superframe index where there are
// several spatial layers. After a loss it waits for a keyframe: references between layers are not tracked.

import { concatBytes, parseVp9Header, vp9SuperframeIndex } from '@roomtape/media';
import type { FrameDropReason } from './depacketizer.ts';
import { parseVp9Descriptor } from './payload-descriptor.ts';
import { type AssembledFrame, KeyframeTracker, type PayloadFormat } from './video-depacketizer.ts';

/** Makes the VP9 payload format. */
export function createVp9Format(): PayloadFormat {
  return new Vp9Format();
}

class Vp9Format implements PayloadFormat {
  readonly references = new KeyframeTracker();
  readonly #parts: Uint8Array[] = [];
  /** Bytes of each layer frame so far. */
  readonly #layers: number[] = [];
  #layerOpen = false;

  get hasPicture(): boolean {
    return this.#parts.length > 0;
  }

  beginsFrame(payload: Uint8Array): boolean {
    const descriptor = parseVp9Descriptor(payload);
    return descriptor?.startsLayer === true && (descriptor.spatialId ?? 0) === 0;
  }

  add(payload: Uint8Array): FrameDropReason | undefined {
    const descriptor = parseVp9Descriptor(payload);
    if (descriptor === undefined || descriptor.startsLayer === this.#layerOpen) return 'malformed';
    if (descriptor.startsLayer) this.#layers.push(0);
    const bytes = payload.subarray(descriptor.bytes);
    this.#parts.push(bytes);
    this.#layers[this.#layers.length - 1] = (this.#layers.at(-1) ?? 0) + bytes.length;
    this.#layerOpen = !descriptor.endsLayer;
    return undefined;
  }

  finish(): AssembledFrame | FrameDropReason {
    const index = vp9SuperframeIndex(this.#layers);
    if (this.#layerOpen || index === undefined) return 'malformed';
    if (index.length > 0) this.#parts.push(index);
    const data = concatBytes(this.#parts);
    const header = parseVp9Header(data);
    return header === undefined ? 'malformed' : { key: header.keyframe, data };
  }

  reset(): void {
    this.#parts.length = 0;
    this.#layers.length = 0;
    this.#layerOpen = false;
  }
}
