// Packets of one inbound track → whole frames, in order: jitter buffer and depacketizer in a row. Waits for
// repairs within the jitter buffer's limit and counts what never came.

import type { UnixUs } from '@roomtape/media';
import {
  createDepacketizer,
  type DepacketizedFrame,
  type Depacketizer,
  JitterBuffer,
  type JitterSink,
  rtpPayload,
} from '@roomtape/rtp';
import type { InboundPacket, InboundTrack } from './inbound-track.ts';

/** Receives frames and losses, in order. */
export interface FrameSink {
  onFrame(frame: DepacketizedFrame, assembler: FrameAssembler): void;
}

/** How long packets wait for missing ones, ms. */
const WAIT_MS = { repaired: 800, plain: 200 } as const;
/** A keyframe that began lately may still be on its way: no other is asked for meanwhile. */
const KEYFRAME_PATIENCE_US = 1_000_000;

/** Assembles the frames of one inbound track; made anew when the sender restarts its numbering. */
export class FrameAssembler implements JitterSink<InboundPacket> {
  readonly track: InboundTrack;
  readonly #sink: FrameSink;
  readonly #depacketizer: Depacketizer;
  readonly #jitter: JitterBuffer<InboundPacket>;
  #keyframeStartedAt = 0;
  #lostPackets = 0;
  #droppedBefore = 0;

  constructor(track: InboundTrack, sink: FrameSink) {
    this.track = track;
    this.#sink = sink;
    const codec = track.codec;
    // Negotiation never chooses AAC: it has no place in WebRTC.
    this.#depacketizer = createDepacketizer(codec === 'aac' ? 'opus' : codec);
    const waitMsMax = track.repairs ? WAIT_MS.repaired : WAIT_MS.plain;
    this.#jitter = new JitterBuffer<InboundPacket>(this, { waitMsMax, packetsMax: 1024 });
  }

  /** Takes a packet as it arrived; frames come out before it returns. */
  push(packet: InboundPacket): void {
    if (packet.startsKeyframe) this.#keyframeStartedAt = packet.arrivedAt;
    this.#jitter.push(packet, packet.sequence, packet.arrivedAt);
  }

  /** Lets go of packets that waited long enough. */
  poll(now: UnixUs): void {
    this.#jitter.poll(now);
  }

  /** Ends the stream: what waits comes out now. */
  flush(): void {
    this.#jitter.flush();
    this.#depacketizer.flush();
  }

  /** Whether only a keyframe helps, and none is on its way. */
  wantsKeyframe(now: UnixUs): boolean {
    return this.#depacketizer.needsKeyframe && now - this.#keyframeStartedAt > KEYFRAME_PATIENCE_US;
  }

  /** Packets finally lost and frames dropped since the last call. */
  takeLosses(): { readonly packetsLost: number; readonly framesDropped: number } {
    const packetsLost = this.#lostPackets;
    this.#lostPackets = 0;
    const dropped = this.#depacketizer.stats.framesDropped;
    const framesDropped = dropped - this.#droppedBefore;
    this.#droppedBefore = dropped;
    return { packetsLost, framesDropped };
  }

  /** Whether `takeLosses` may have something to tell. */
  get hasLosses(): boolean {
    return this.#lostPackets > 0;
  }

  deliver(item: InboundPacket, sequence: number): void {
    const frames = this.#depacketizer.push({
      payload: rtpPayload(item.packet),
      marker: item.packet.marker,
      sequence,
      timestamp: item.ticks,
      arrivedAt: item.arrivedAt,
    });
    for (const frame of frames) this.#sink.onFrame(frame, this);
  }

  lost(fromSequence: number, count: number): void {
    this.#lostPackets += count;
    this.track.forgetBefore(fromSequence + count);
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return { jitter: this.#jitter.stats, ...this.#depacketizer.stats };
  }
}
