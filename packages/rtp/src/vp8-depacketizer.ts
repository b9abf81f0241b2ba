// VP8 on RTP (RFC 7741): payloads of one frame are joined; picture and base layer counters tell which losses do no
// harm, so that with temporal layers a recording does not stop for a lost upper layer frame.

import { concatBytes, parseVp8Header } from '@roomtape/media';
import type { FrameDropReason } from './depacketizer.ts';
import { parseVp8Descriptor, type Vp8Descriptor } from './payload-descriptor.ts';
import type { AssembledFrame, PayloadFormat, ReferenceTracker } from './video-depacketizer.ts';

/** Makes the VP8 payload format. */
export function createVp8Format(): PayloadFormat {
  return new Vp8Format();
}

class Vp8Format implements PayloadFormat {
  readonly references = new Vp8References();
  readonly #parts: Uint8Array[] = [];

  get hasPicture(): boolean {
    return this.#parts.length > 0;
  }

  beginsFrame(payload: Uint8Array): boolean {
    return parseVp8Descriptor(payload)?.startsFrame === true;
  }

  add(payload: Uint8Array): FrameDropReason | undefined {
    const descriptor = parseVp8Descriptor(payload);
    if (descriptor === undefined) return 'malformed';
    const first = this.#parts.length === 0;
    if (descriptor.startsFrame !== first) return 'malformed';
    if (first) this.references.describe(descriptor);
    this.#parts.push(payload.subarray(descriptor.bytes));
    return undefined;
  }

  finish(): AssembledFrame | FrameDropReason {
    const data = concatBytes(this.#parts);
    const header = parseVp8Header(data);
    return header === undefined ? 'malformed' : { key: header.keyframe, data };
  }

  reset(): void {
    this.#parts.length = 0;
  }
}

/** Above this many lost packets the 7- and 8-bit counters may have gone round. */
const LOST_PACKETS_TRUSTED = 100;

/**
 * Knows which VP8 frames can be decoded. With temporal layers (RFC 7741 §4.2): a base frame refers to the base
 * frame before it, an upper one to anything at or below its layer, one with layer sync to base frames only.
 */
class Vp8References implements ReferenceTracker {
  #needsKeyframe = true;
  #lostPackets = 0;
  #current: Vp8Descriptor | undefined;
  #previous: Vp8Descriptor | undefined;
  /** By temporal id: whether every frame of that layer since the last sync was given. */
  readonly #layerWhole = [true, true, true, true];

  get needsKeyframe(): boolean {
    return this.#needsKeyframe;
  }

  /** Notes the descriptor of the frame being assembled. */
  describe(descriptor: Vp8Descriptor): void {
    this.#current = descriptor;
  }

  lost(packets: number): void {
    this.#lostPackets += packets;
  }

  accept(key: boolean): boolean {
    const frame = this.#current;
    const previous = this.#previous;
    this.#previous = frame;
    const lostPackets = this.#lostPackets;
    this.#lostPackets = 0;
    if (frame === undefined) return false;
    if (key) {
      this.#needsKeyframe = false;
      this.#layerWhole.fill(true);
      return true;
    }
    if (lostPackets > LOST_PACKETS_TRUSTED) this.#needsKeyframe = true;
    if (lostPackets > 0 && !isNextPicture(previous, frame)) this.#judgeLoss(previous, frame);
    return !this.#needsKeyframe && this.#isLayerWhole(frame);
  }

  /** Frames are missing between the two: harmless where no base frame is among them. */
  #judgeLoss(previous: Vp8Descriptor | undefined, frame: Vp8Descriptor): void {
    const before = previous?.tl0PicIdx;
    const expected = frame.temporalId === 0 ? ((before ?? 0) + 1) & 0xff : before;
    const baseWhole = before !== undefined && frame.temporalId !== undefined && frame.tl0PicIdx === expected;
    if (!baseWhole) this.#needsKeyframe = true;
    this.#layerWhole.fill(false, 1);
  }

  #isLayerWhole(frame: Vp8Descriptor): boolean {
    const layer = frame.temporalId ?? 0;
    if (layer === 0) return true;
    if (frame.layerSync === true) {
      this.#layerWhole[layer] = true;
      return true;
    }
    if (!this.#layerWhole.slice(1, layer + 1).includes(false)) return true;
    // Dropping this frame breaks the frames above it too, whatever they synced on before.
    this.#layerWhole.fill(false, layer);
    return false;
  }
}

/** Whether the second frame follows the first with none between, by their picture ids. */
function isNextPicture(previous: Vp8Descriptor | undefined, frame: Vp8Descriptor): boolean {
  const before = previous?.pictureId;
  if (before === undefined || frame.pictureId === undefined) return false;
  if (previous?.pictureIdBits !== frame.pictureIdBits) return false;
  return frame.pictureId === ((before + 1) & (frame.pictureIdBits === 15 ? 0x7fff : 0x7f));
}
