// Puts packets of two tracks into the order of their times, for containers that are one row of packets. Sound comes
// out of its encoder later than pictures: whoever is ahead waits for the other, but not for ever.

import type { EncodedPacket } from './container-writer.ts';

/** A packet and its kind. */
export type TrackPacket = { readonly kind: 'video' | 'audio'; readonly packet: EncodedPacket };

/** Gives packets in order of time. A track that is silent for longer than the limit is not waited for. */
export class Interleaver {
  readonly #waitMaxUs: number;
  readonly #kinds: readonly TrackPacket['kind'][];
  readonly #held: Record<TrackPacket['kind'], EncodedPacket[]> = { video: [], audio: [] };

  /** `kinds` are the tracks that will come. */
  constructor(kinds: readonly TrackPacket['kind'][], waitMaxUs: number) {
    this.#kinds = kinds;
    this.#waitMaxUs = waitMaxUs;
  }

  /** Takes a packet and gives those whose turn it is. */
  push(kind: TrackPacket['kind'], packet: EncodedPacket): readonly TrackPacket[] {
    this.#held[kind].push(packet);
    const ready: TrackPacket[] = [];
    while (this.#isReady()) ready.push(...this.#take());
    return ready;
  }

  /** Gives all that is left, in order. */
  flush(): readonly TrackPacket[] {
    const rest: TrackPacket[] = [];
    for (let next = this.#take(); next.length > 0; next = this.#take()) rest.push(...next);
    return rest;
  }

  #isReady(): boolean {
    if (this.#kinds.every((kind) => this.#held[kind].length > 0)) return true;
    return this.#kinds.some((kind) => {
      const held = this.#held[kind];
      return (held.at(-1)?.ptsUs ?? 0) - (held[0]?.ptsUs ?? 0) > this.#waitMaxUs;
    });
  }

  #take(): readonly TrackPacket[] {
    const video = this.#held.video[0];
    const audio = this.#held.audio[0];
    const kind = audio === undefined || (video !== undefined && video.ptsUs <= audio.ptsUs) ? 'video' : 'audio';
    const packet = this.#held[kind].shift();
    return packet === undefined ? [] : [{ kind, packet }];
  }
}
