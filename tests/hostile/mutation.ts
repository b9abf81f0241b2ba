// Makes hostile packets of real ones: cut, flipped, spliced, repeated, or pure noise. The same seed makes the
// same packets.

import { createSeededIds, type Ids } from '@roomtape/media';

/** Turns samples into hostile packets, one after another. */
export class Mutator {
  readonly #samples: readonly Uint8Array[];
  readonly #ids: Ids;

  constructor(samples: readonly Uint8Array[], seed: number) {
    this.#samples = samples;
    this.#ids = createSeededIds(seed);
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return this.#ids.uint32() % Math.max(1, bound);
  }

  /** One of the samples, its own copy. */
  sample(): Uint8Array {
    return Uint8Array.from(this.#samples[this.below(this.#samples.length)] ?? []);
  }

  /** The next hostile packet. */
  next(): Uint8Array {
    const kind = this.below(10);
    if (kind === 0) return this.noise(1500);
    if (kind === 1) return this.sample().subarray(0, this.below(60));
    if (kind === 2) return this.#lengthened(this.sample());
    return this.flipped(this.sample());
  }

  /** Random bytes, at most so many. */
  noise(bytesMax: number): Uint8Array {
    return Uint8Array.from({ length: this.below(bytesMax + 1) }, () => this.below(256));
  }

  /** A few bytes changed, mostly in headers, where lengths and numbers are. */
  flipped(packet: Uint8Array): Uint8Array {
    for (let left = 1 + this.below(6); left > 0 && packet.length > 0; left -= 1) {
      const reach = this.below(2) === 0 ? Math.min(packet.length, 40) : packet.length;
      packet[this.below(reach)] = this.below(256);
    }
    return packet;
  }

  /** The packet with the end of another one behind it. */
  #lengthened(packet: Uint8Array): Uint8Array {
    const tail = this.sample();
    return Uint8Array.from([...packet, ...tail.subarray(this.below(tail.length))]).subarray(0, 2000);
  }
}
