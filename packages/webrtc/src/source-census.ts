// Counts the sources (SSRCs) that one connection has sent from. SRTP libraries keep state for every source they
// decrypted once, search it for each packet, and never forget: a peer may not have as many as it likes.

import { isRtcp } from '@roomtape/rtp';

/** Where the sender's SSRC stands: RFC 3550 §6.4.1 and §5.1. */
const RTCP_SSRC_AT = 4;
const RTP_SSRC_AT = 8;

/** Remembers the sources of one connection, up to a limit. */
export class SourceCensus {
  readonly #known = new Set<number>();
  readonly #sourcesMax: number;
  #latest: number | undefined;

  constructor(sourcesMax: number) {
    this.#sourcesMax = sourcesMax;
  }

  /** Notes the sender of a packet; `false` when there have been too many. Packets without one count as none. */
  admits(packet: Uint8Array): boolean {
    const at = isRtcp(packet) ? RTCP_SSRC_AT : RTP_SSRC_AT;
    if (packet.length < at + 4) return true;
    const ssrc = new DataView(packet.buffer, packet.byteOffset).getUint32(at);
    if (ssrc === this.#latest) return true;
    this.#latest = ssrc;
    if (this.#known.has(ssrc)) return true;
    if (this.#known.size >= this.#sourcesMax) {
      this.#latest = undefined;
      return false;
    }
    this.#known.add(ssrc);
    return true;
  }
}
