// What all video depacketizers share: where frames begin and end, what a gap in the sequence damages, and which
// frames can still be decoded. The payload format of a codec is behind a port; payload bytes are kept, not copied,
// until their frame is whole.

import type { Ticks, UnixUs } from '@roomtape/media';
import type {
  DepacketizedFrame,
  Depacketizer,
  DepacketizerPacket,
  DepacketizerStats,
  FrameDropReason,
} from './depacketizer.ts';

/** The payload format of one codec, holding the payloads of at most one frame. */
export interface PayloadFormat {
  readonly references: ReferenceTracker;
  /** Whether the payloads added hold picture data, not only headers that wait for it. */
  readonly hasPicture: boolean;
  /** Whether nothing of its frame can stand before this payload. */
  beginsFrame(payload: Uint8Array): boolean;
  /** Adds the next payload of the frame, not empty; returns why the frame is damaged, if it is. */
  add(payload: Uint8Array): FrameDropReason | undefined;
  /** Builds the frame of what was added, or says what is wrong with it. */
  finish(): AssembledFrame | FrameDropReason;
  /** Forgets what was added. */
  reset(): void;
}

/** A frame's bytes, freshly allocated, and whether decoding can start there. */
export type AssembledFrame = { readonly key: boolean; readonly data: Uint8Array };

/** Knows whether the frames a frame may refer to were all given. */
export interface ReferenceTracker {
  /** Whether only a keyframe can help. */
  readonly needsKeyframe: boolean;
  /** Packets were lost, or a frame was dropped for damage. */
  lost(packets: number): void;
  /** Judges the next whole frame. */
  accept(key: boolean): boolean;
}

/** Takes every frame as a reference of all that follow up to the next keyframe. */
export class KeyframeTracker implements ReferenceTracker {
  #needsKeyframe = true;

  get needsKeyframe(): boolean {
    return this.#needsKeyframe;
  }

  lost(): void {
    this.#needsKeyframe = true;
  }

  accept(key: boolean): boolean {
    if (key) this.#needsKeyframe = false;
    return !this.#needsKeyframe;
  }
}

const NO_FRAMES: readonly DepacketizedFrame[] = Object.freeze([]);
const FRAME_BYTES_MAX = 8 * 1024 * 1024;
/** 8 MiB in packets of 1 KiB; smaller packets are no reason to hold more objects. */
const FRAME_PACKETS_MAX = 8192;

/** The depacketizer of every video codec. */
export class VideoDepacketizer implements Depacketizer {
  readonly #format: PayloadFormat;
  readonly #bytesMax: number;
  #lastSequence: number | undefined;
  /** Whether the packet before the next one is known, and with it where a frame starts. */
  #startKnown = false;
  #open = false;
  #pts = 0 as Ticks;
  #arrivedAt = 0 as UnixUs;
  #damage: FrameDropReason | undefined;
  #bytes = 0;
  #packets = 0;
  #frames = 0;
  readonly #dropped: Record<FrameDropReason, number> = {
    'packet-loss': 0,
    'missing-reference': 0,
    malformed: 0,
    unsupported: 0,
    'too-large': 0,
    'no-parameter-sets': 0,
  };

  constructor(format: PayloadFormat, options: { readonly frameBytesMax?: number } = {}) {
    this.#format = format;
    this.#bytesMax = options.frameBytesMax ?? FRAME_BYTES_MAX;
  }

  get needsKeyframe(): boolean {
    return this.#format.references.needsKeyframe;
  }

  get stats(): DepacketizerStats {
    const framesDroppedBy = { ...this.#dropped };
    const framesDropped = Object.values(framesDroppedBy).reduce((sum, count) => sum + count, 0);
    return { frames: this.#frames, framesDropped, framesDroppedBy };
  }

  push(packet: DepacketizerPacket): readonly DepacketizedFrame[] {
    const last = this.#lastSequence;
    if (last !== undefined && packet.sequence <= last) return NO_FRAMES;
    this.#lastSequence = packet.sequence;
    if (last !== undefined && packet.sequence !== last + 1) this.#lose(packet.sequence - last - 1);
    // Padding of the sender's bandwidth probes takes a sequence number but belongs to no frame.
    if (packet.payload.length === 0) return NO_FRAMES;
    let previous: DepacketizedFrame | undefined;
    // A sender that lost the marker, or sets none, still changes the timestamp.
    if (this.#open && packet.timestamp !== this.#pts) previous = this.#close();
    if (!this.#open) this.#begin(packet);
    this.#add(packet);
    const ends = packet.marker && (this.#damage !== undefined || this.#format.hasPicture);
    const current = ends ? this.#close() : undefined;
    if (previous === undefined) return current === undefined ? NO_FRAMES : [current];
    return current === undefined ? [previous] : [previous, current];
  }

  flush(): void {
    if (this.#open && (this.#damage !== undefined || this.#format.hasPicture)) this.#drop('packet-loss');
    this.#open = false;
    this.#startKnown = false;
    this.#format.reset();
  }

  #lose(packets: number): void {
    this.#startKnown = false;
    if (this.#open) this.#damaged('packet-loss');
    this.#format.references.lost(packets);
  }

  #begin(packet: DepacketizerPacket): void {
    this.#open = true;
    this.#pts = packet.timestamp;
    this.#arrivedAt = packet.arrivedAt;
    this.#bytes = 0;
    this.#packets = 0;
    this.#damage = this.#startKnown || this.#format.beginsFrame(packet.payload) ? undefined : 'packet-loss';
  }

  #add(packet: DepacketizerPacket): void {
    this.#startKnown = true;
    // A retransmitted packet may have arrived after the last one in order.
    if (packet.arrivedAt > this.#arrivedAt) this.#arrivedAt = packet.arrivedAt;
    if (this.#damage !== undefined) return;
    this.#bytes += packet.payload.length;
    this.#packets += 1;
    const tooLarge = this.#bytes > this.#bytesMax || this.#packets > FRAME_PACKETS_MAX;
    const damage = tooLarge ? 'too-large' : this.#format.add(packet.payload);
    if (damage !== undefined) this.#damaged(damage);
  }

  /** The rest of the frame is only waited for; what was kept of it is let go. */
  #damaged(reason: FrameDropReason): void {
    this.#damage ??= reason;
    this.#format.reset();
  }

  #close(): DepacketizedFrame | undefined {
    this.#open = false;
    if (this.#damage !== undefined) return this.#drop(this.#damage);
    const hasPicture = this.#format.hasPicture;
    const made = hasPicture ? this.#format.finish() : undefined;
    this.#format.reset();
    if (made === undefined) return undefined;
    if (typeof made === 'string') return this.#drop(made);
    if (!this.#format.references.accept(made.key)) {
      this.#dropped['missing-reference'] += 1;
      return undefined;
    }
    this.#frames += 1;
    return { type: made.key ? 'key' : 'delta', pts: this.#pts, arrivedAt: this.#arrivedAt, data: made.data };
  }

  #drop(reason: FrameDropReason): undefined {
    this.#dropped[reason] += 1;
    this.#format.references.lost(1);
    return undefined;
  }
}
