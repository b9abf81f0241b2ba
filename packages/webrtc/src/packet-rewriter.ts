// Gives a publisher's packet the header a viewer negotiated: payload type and header extensions. Written once
// per packet for all viewers with the same answer; what differs between them (numbers) is patched in place.

import { type RtpPacket, readHeaderExtension } from '@roomtape/rtp';
import type { ExtensionIds, NegotiatedMedia } from './sdp-negotiate.ts';

/** What a viewer's answer fixes about every packet of one kind. Equal answers share one profile object. */
export type RewriteProfile = {
  readonly key: string;
  readonly payloadType: number;
  readonly extensions: ExtensionIds;
  readonly mid: Uint8Array;
};

/** Header fields that differ between viewers. */
export type ViewerNumbers = { readonly sequence: number; readonly timestamp: number; readonly ssrc: number };

const PACKET_BYTES_MAX = 4096;
const CARRIED = ['audioLevel', 'orientation', 'dependencyDescriptor'] as const;

/** Makes the profile of a viewer's negotiated media. */
export function rewriteProfile(media: NegotiatedMedia): RewriteProfile {
  const key = JSON.stringify([media.payloadType, media.mid, Object.entries(media.extensions).sort()]);
  const mid = new TextEncoder().encode(media.mid).subarray(0, 16);
  return { key, payloadType: media.payloadType, extensions: media.extensions, mid };
}

/** Writes packets into one buffer that it owns; its result is valid until the next `write`. */
export class PacketRewriter {
  readonly #scratch = new Uint8Array(PACKET_BYTES_MAX);
  #length = 0;
  #payloadOffset = 0;
  #transportSequenceOffset = 0;
  #twoByte = false;

  /** The packet written last, a view. */
  get bytes(): Uint8Array {
    return this.#scratch.subarray(0, this.#length);
  }

  /** The payload of the packet written last, a view. */
  get payload(): Uint8Array {
    return this.#scratch.subarray(this.#payloadOffset, this.#length);
  }

  /** Where the two bytes of the transport-wide sequence stand; 0 when there are none. */
  get transportSequenceOffset(): number {
    return this.#transportSequenceOffset;
  }

  /** Writes a packet with a profile's header; `false` when it is too large. Padding is left out. */
  write(packet: RtpPacket, from: ExtensionIds, profile: RewriteProfile): boolean {
    const { bytes, payloadOffset, payloadBytes } = packet;
    if (payloadBytes + 256 > PACKET_BYTES_MAX) return false;
    const scratch = this.#scratch;
    scratch.set(bytes.subarray(0, 12));
    scratch[0] = 0x80;
    scratch[1] = ((bytes[1] as number) & 0x80) | profile.payloadType;
    this.#transportSequenceOffset = 0;
    const end = this.#writeExtensions(packet, from, profile);
    this.#payloadOffset = end;
    scratch.set(bytes.subarray(payloadOffset, payloadOffset + payloadBytes), end);
    this.#length = end + payloadBytes;
    return true;
  }

  /** Patches the numbers of one viewer. */
  patch(numbers: ViewerNumbers): void {
    const { sequence, timestamp, ssrc } = numbers;
    const scratch = this.#scratch;
    scratch[2] = sequence >>> 8;
    scratch[3] = sequence;
    putUint32(scratch, 4, timestamp);
    putUint32(scratch, 8, ssrc);
  }

  #writeExtensions(packet: RtpPacket, from: ExtensionIds, profile: RewriteProfile): number {
    const carried = CARRIED.map((name) => {
      const to = profile.extensions[name];
      const id = from[name];
      return to === undefined || id === undefined ? undefined : readHeaderExtension(packet, id);
    });
    const needsTwoByte = carried.some((data) => data !== undefined && (data.length > 16 || data.length === 0));
    this.#twoByte = needsTwoByte;
    let at = 16;
    CARRIED.forEach((name, index) => {
      const data = carried[index];
      const id = profile.extensions[name];
      if (data !== undefined && id !== undefined && data.length <= 128) at = this.#put(at, id, data);
    });
    const { mid, transportSequence } = profile.extensions;
    if (mid !== undefined && profile.mid.length > 0) at = this.#put(at, mid, profile.mid);
    if (transportSequence !== undefined) {
      at = this.#put(at, transportSequence, ZERO_SEQUENCE);
      this.#transportSequenceOffset = at - 2;
    }
    if (at === 16) return 12;
    const scratch = this.#scratch;
    while ((at & 3) !== 0) scratch[at++] = 0;
    scratch[0] = 0x90;
    scratch[12] = needsTwoByte ? 0x10 : 0xbe;
    scratch[13] = needsTwoByte ? 0x00 : 0xde;
    scratch[14] = (at - 16) >>> 10;
    scratch[15] = (at - 16) >>> 2;
    return at;
  }

  #put(start: number, id: number, data: Uint8Array): number {
    const scratch = this.#scratch;
    let at = start;
    if (this.#twoByte) {
      scratch[at++] = id;
      scratch[at++] = data.length;
    } else {
      scratch[at++] = (id << 4) | (data.length - 1);
    }
    scratch.set(data, at);
    return at + data.length;
  }
}

const ZERO_SEQUENCE = new Uint8Array(2);

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
