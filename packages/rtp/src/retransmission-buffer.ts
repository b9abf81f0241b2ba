// What was lately sent on one outgoing stream, for answering NACKs (RFC 4585 §6.2.1). Holds references, never
// copies: many viewers' buffers share the bytes of one received packet. Builds no packets.

import { assert, msToUs, type UnixUs } from '@roomtape/media';

/** Limits of a `RetransmissionBuffer`. */
export type RetransmissionBufferOptions = {
  /** Most packets kept; a power of two up to 32768. Default 1024. */
  readonly packetsMax?: number;
  /** Most bytes kept, as told to `store`. Default 2 MiB. */
  readonly bytesMax?: number;
  /** Age beyond which a packet is not sent again. Default 3000. */
  readonly ageMsMax?: number;
  /** Shortest time between two answers for one packet, unless the round trip is longer. Default 10. */
  readonly repeatMsMin?: number;
};

type Slot<Item> = {
  readonly sequence: number;
  readonly item: Item;
  readonly bytes: number;
  readonly sentAt: UnixUs;
  answeredAt: number;
};

/**
 * A ring of sent packets by their 16-bit outgoing sequence. `Item` is whatever the owner needs to send the
 * packet again: usually the received packet and the numbers it was given for this viewer.
 */
export class RetransmissionBuffer<Item> {
  readonly #packetsMax: number;
  readonly #bytesMax: number;
  readonly #ageUsMax: number;
  readonly #repeatUsMin: number;
  /** Insertion order is sending order, so the first entry is the oldest. */
  readonly #slots = new Map<number, Slot<Item>>();
  #bytes = 0;
  #roundTripUs = 0;

  constructor(options: RetransmissionBufferOptions = {}) {
    this.#packetsMax = options.packetsMax ?? 1024;
    this.#bytesMax = options.bytesMax ?? 2 * 1024 * 1024;
    this.#ageUsMax = msToUs(options.ageMsMax ?? 3000);
    this.#repeatUsMin = msToUs(options.repeatMsMin ?? 10);
    assert(this.#packetsMax >= 1 && this.#packetsMax <= 0x8000, 'packetsMax is 1 to half the sequence space');
  }

  /** Packets and bytes kept now. */
  get size(): { readonly packets: number; readonly bytes: number } {
    return { packets: this.#slots.size, bytes: this.#bytes };
  }

  /** Sets the measured round trip to the viewer, µs: a packet is not repeated within it. */
  setRoundTrip(roundTripUs: number): void {
    this.#roundTripUs = Math.max(0, roundTripUs);
  }

  /** Keeps what was sent with this 16-bit sequence; `bytes` is what it counts against the limit. */
  store(sequence: number, item: Item, { bytes, now }: { readonly bytes: number; readonly now: UnixUs }): void {
    this.#remove(sequence);
    this.#slots.set(sequence, { sequence, item, bytes, sentAt: now, answeredAt: Number.NEGATIVE_INFINITY });
    this.#bytes += bytes;
    for (const oldest of this.#slots.keys()) {
      if (this.#slots.size <= this.#packetsMax && this.#bytes <= this.#bytesMax) return;
      this.#remove(oldest);
    }
  }

  /**
   * Returns what to send again for this requested sequence; `undefined` when it is unknown, too old, or was
   * sent again less than a round trip ago.
   */
  answer(sequence: number, now: UnixUs): Item | undefined {
    const slot = this.#slots.get(sequence);
    if (slot === undefined || now - slot.sentAt > this.#ageUsMax) return undefined;
    if (now - slot.answeredAt < Math.max(this.#repeatUsMin, this.#roundTripUs)) return undefined;
    slot.answeredAt = now;
    return slot.item;
  }

  /** Forgets everything. */
  clear(): void {
    this.#slots.clear();
    this.#bytes = 0;
  }

  #remove(sequence: number): void {
    const slot = this.#slots.get(sequence);
    if (slot === undefined) return;
    this.#bytes -= slot.bytes;
    this.#slots.delete(sequence);
  }
}
