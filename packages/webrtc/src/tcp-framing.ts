// RFC 4571 framing of ICE-TCP: a 16-bit length before each packet. Bounded: a longer frame than allowed, or
// one of no length, is an error of the stream, after which nothing more is read.

/** Splits a TCP byte stream into packets. */
export class FrameSplitter {
  readonly #frameBytesMax: number;
  #pending: Uint8Array = new Uint8Array(0);
  #damaged = false;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /**
   * Takes the next bytes and hands each complete packet to `onPacket` as a view that is valid during the call.
   * Returns `false` once the stream is damaged.
   */
  push(bytes: Uint8Array, onPacket: (packet: Uint8Array) => void): boolean {
    if (this.#damaged) return false;
    const input = this.#pending.length === 0 ? bytes : join(this.#pending, bytes);
    let at = 0;
    while (input.length - at >= 2) {
      const length = ((input[at] as number) << 8) | (input[at + 1] as number);
      if (length === 0 || length > this.#frameBytesMax) {
        this.#damaged = true;
        this.#pending = new Uint8Array(0);
        return false;
      }
      if (input.length - at - 2 < length) break;
      onPacket(input.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#pending = input.slice(at);
    return true;
  }
}

/** Puts the length before a packet; `undefined` when the packet does not fit 16 bits. */
export function frameForTcp(packet: Uint8Array): Uint8Array | undefined {
  if (packet.length === 0 || packet.length > 0xffff) return undefined;
  const framed = new Uint8Array(packet.length + 2);
  framed[0] = packet.length >> 8;
  framed[1] = packet.length & 255;
  framed.set(packet, 2);
  return framed;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
