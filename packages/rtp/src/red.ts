// Redundant audio (RFC 2198): takes a RED payload apart and gives back, in order, what was lost before it. Knows no
// codec; expects senders that repeat the packets directly before, as browsers do.

import { readUint16, type Ticks, ticks } from '@roomtape/media';

/** One block of a RED payload; `data` is a view into it. */
export type RedBlock = {
  readonly payloadType: number;
  /** How many ticks before the packet's own timestamp the block belongs; 0 for the primary block. */
  readonly timestampOffset: number;
  readonly data: Uint8Array;
};

/** A packet as it was before redundancy was added. `payload` is a view into the RED payload. */
export type RedPacket = {
  readonly payloadType: number;
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly timestamp: Ticks;
  /** Whether it was lost and is taken from a later packet. */
  readonly recovered: boolean;
};

/** More blocks than any sender uses. */
const BLOCKS_MAX = 32;

/** Takes a RED payload apart, oldest block first, the primary one last; `undefined` when malformed. */
export function parseRed(payload: Uint8Array): RedBlock[] | undefined {
  const headers: { payloadType: number; timestampOffset: number; bytes: number }[] = [];
  let at = 0;
  while (((payload[at] ?? 0) & 0x80) !== 0) {
    if (headers.length >= BLOCKS_MAX || at + 4 >= payload.length) return undefined;
    const fields = readUint16(payload, at + 1) * 256 + (payload[at + 3] ?? 0);
    headers.push({
      payloadType: (payload[at] ?? 0) & 0x7f,
      timestampOffset: fields >>> 10,
      bytes: fields & 0x3ff,
    });
    at += 4;
  }
  if (at >= payload.length) return undefined;
  const primaryType = payload[at] ?? 0;
  at += 1;
  const blocks: RedBlock[] = [];
  for (const { payloadType, timestampOffset, bytes } of headers) {
    if (at + bytes > payload.length) return undefined;
    blocks.push({ payloadType, timestampOffset, data: payload.subarray(at, at + bytes) });
    at += bytes;
  }
  blocks.push({ payloadType: primaryType, timestampOffset: 0, data: payload.subarray(at) });
  return blocks;
}

/** Turns RED packets, in order and with gaps, into the packets they carry, lost ones recovered where possible. */
export class RedReceiver {
  #lastSequence: number | undefined;
  #lastTimestamp = 0;
  #recovered = 0;

  /** Packets recovered since the receiver was made. */
  get recovered(): number {
    return this.#recovered;
  }

  /**
   * Takes the next packet (sequence and timestamp unwrapped); returns what it carries that was not given before,
   * oldest first. A malformed, late or repeated packet gives nothing.
   */
  push(packet: { readonly payload: Uint8Array; readonly sequence: number; readonly timestamp: Ticks }): RedPacket[] {
    const last = this.#lastSequence;
    if (last !== undefined && packet.sequence <= last) return [];
    const blocks = parseRed(packet.payload);
    if (blocks === undefined) return [];
    const given: RedPacket[] = [];
    blocks.forEach((block, i) => {
      // The redundancy carries no sequence numbers: the block before the primary is the packet before it, and so on.
      const sequence = packet.sequence - (blocks.length - 1 - i);
      const timestamp = ticks(packet.timestamp - block.timestampOffset);
      const recovered = i < blocks.length - 1;
      if (block.data.length === 0) return;
      if (recovered && (last === undefined || sequence <= last || timestamp <= this.#lastTimestamp)) return;
      if (recovered) this.#recovered += 1;
      given.push({ payloadType: block.payloadType, payload: block.data, sequence, timestamp, recovered });
    });
    this.#lastSequence = packet.sequence;
    this.#lastTimestamp = packet.timestamp;
    return given;
  }
}
