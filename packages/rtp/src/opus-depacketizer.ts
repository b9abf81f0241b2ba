// Opus on RTP (RFC 7587): one packet is one frame. Packets Opus itself would refuse are dropped; lost ones leave a
// hole in the timestamps, which is for the reader of the tape to fill.

import { parseOpusPacket } from '@roomtape/media';
import type { DepacketizedFrame, Depacketizer, DepacketizerPacket, DepacketizerStats } from './depacketizer.ts';

const NO_FRAMES: readonly DepacketizedFrame[] = Object.freeze([]);

/** The depacketizer of Opus. */
export class OpusDepacketizer implements Depacketizer {
  readonly needsKeyframe = false;
  #lastSequence: number | undefined;
  #frames = 0;
  #malformed = 0;

  get stats(): DepacketizerStats {
    return {
      frames: this.#frames,
      framesDropped: this.#malformed,
      framesDroppedBy: {
        'packet-loss': 0,
        'missing-reference': 0,
        malformed: this.#malformed,
        unsupported: 0,
        'too-large': 0,
        'no-parameter-sets': 0,
      },
    };
  }

  push(packet: DepacketizerPacket): readonly DepacketizedFrame[] {
    if (this.#lastSequence !== undefined && packet.sequence <= this.#lastSequence) return NO_FRAMES;
    this.#lastSequence = packet.sequence;
    if (packet.payload.length === 0) return NO_FRAMES;
    if (parseOpusPacket(packet.payload) === undefined) {
      this.#malformed += 1;
      return NO_FRAMES;
    }
    this.#frames += 1;
    return [{ type: 'key', pts: packet.timestamp, arrivedAt: packet.arrivedAt, data: packet.payload.slice() }];
  }

  flush(): void {
    this.#lastSequence = undefined;
  }
}
