// Finds which track of a publication a packet belongs to: by SSRC once known, else by header extension (MID,
// RID, repaired RID: RFC 8843 §9.2, RFC 8852), signalled SSRC, and payload type. Bounded: a flood of SSRCs
// finds no track.

import type { UnixUs } from '@roomtape/media';
import { type RtpPacket, readTextExtension } from '@roomtape/rtp';
import { type InboundSink, InboundTrack } from './inbound-track.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';

/** What a packet is to its track. */
export type InboundRole = 'media' | 'rtx' | 'red';

/** A packet's place. */
export type InboundRoute = { readonly track: InboundTrack; readonly role: InboundRole };

/** SSRCs with a place, media and RTX together. */
const ROUTES_MAX = 32;
/** Shortest life of an SSRC before another may take its place without signalling. */
const TAKEOVER_US = 500_000;

/** Routes packets of one publication. */
export class InboundDemux {
  readonly #media: readonly NegotiatedMedia[];
  readonly #sink: InboundSink;
  readonly #routes = new Map<number, InboundRoute>();
  readonly #tracks: InboundTrack[] = [];
  unroutedPackets = 0;

  constructor(media: readonly NegotiatedMedia[], sink: InboundSink) {
    this.#media = media;
    this.#sink = sink;
  }

  /** All tracks seen, simulcast layers apart, in the order they appeared. */
  get tracks(): readonly InboundTrack[] {
    return this.#tracks;
  }

  /** The track of a media SSRC. */
  trackOf(ssrc: number): InboundTrack | undefined {
    const route = this.#routes.get(ssrc);
    return route?.role === 'rtx' ? undefined : route?.track;
  }

  /** Finds or makes the place of a packet; `undefined` when it has none. */
  route(packet: RtpPacket, now: UnixUs): InboundRoute | undefined {
    const known = this.#routes.get(packet.ssrc);
    if (known !== undefined) {
      const role = roleOf(known.track.media, packet.payloadType);
      // One SSRC may switch between RED and plain; it never switches between media and RTX.
      if (role === known.role) return known;
      if (role !== undefined && role !== 'rtx' && known.role !== 'rtx') return { track: known.track, role };
      this.unroutedPackets += 1;
      return undefined;
    }
    const route = this.#routes.size < ROUTES_MAX ? this.#learn(packet, now) : undefined;
    if (route === undefined) this.unroutedPackets += 1;
    else this.#routes.set(packet.ssrc, route);
    return route;
  }

  #learn(packet: RtpPacket, now: UnixUs): InboundRoute | undefined {
    const media = this.#mediaOf(packet);
    const role = media === undefined ? undefined : roleOf(media, packet.payloadType);
    if (media === undefined || role === undefined) return undefined;
    if (role === 'rtx') {
      const track = this.#repairedTrack(packet, media);
      if (track === undefined) return undefined;
      track.rtxSsrc = packet.ssrc;
      return { track, role };
    }
    const rid = media.rids.length === 0 ? '' : readRid(packet, media);
    if (rid === undefined) return undefined;
    if (!this.#mayTakeOver(media, rid, now)) return undefined;
    const track = new InboundTrack({ media, ssrc: packet.ssrc, rid, sink: this.#sink });
    this.#replace(track);
    return { track, role };
  }

  #mediaOf(packet: RtpPacket): NegotiatedMedia | undefined {
    const fitting = this.#media.filter((media) => roleOf(media, packet.payloadType) !== undefined);
    if (fitting.length <= 1) return fitting[0];
    const mid = fitting.find((media) => {
      const id = media.extensions.mid;
      return id !== undefined && media.mid !== '' && readTextExtension(packet, id) === media.mid;
    });
    return mid ?? fitting.find((media) => media.ssrcs.includes(packet.ssrc));
  }

  #repairedTrack(packet: RtpPacket, media: NegotiatedMedia): InboundTrack | undefined {
    const tracks = this.#tracks.filter((track) => track.media === media);
    const id = media.extensions.repairedRid;
    const rid = id === undefined ? undefined : readTextExtension(packet, id);
    if (rid !== undefined) return tracks.find((track) => track.rid === rid);
    const byGroup = tracks.find((track) => media.rtxSsrcs.get(track.ssrc) === packet.ssrc);
    return byGroup ?? (tracks.length === 1 && media.rids.length === 0 ? tracks[0] : undefined);
  }

  #mayTakeOver(media: NegotiatedMedia, rid: string, now: UnixUs): boolean {
    const old = this.#tracks.find((track) => track.media === media && track.rid === rid);
    return old === undefined || now - (old.lastPacketAt ?? 0) >= TAKEOVER_US;
  }

  /** A new SSRC of the same layer takes the old one's place: the sender changed it. */
  #replace(track: InboundTrack): void {
    const at = this.#tracks.findIndex((old) => old.media === track.media && old.rid === track.rid);
    if (at < 0) {
      this.#tracks.push(track);
      return;
    }
    for (const [ssrc, route] of this.#routes) {
      if (route.track === this.#tracks[at]) this.#routes.delete(ssrc);
    }
    this.#tracks[at] = track;
  }
}

function roleOf(media: NegotiatedMedia, payloadType: number): InboundRole | undefined {
  if (payloadType === media.payloadType) return 'media';
  if (payloadType === media.rtxPayloadType) return 'rtx';
  return payloadType === media.redPayloadType ? 'red' : undefined;
}

function readRid(packet: RtpPacket, media: NegotiatedMedia): string | undefined {
  const id = media.extensions.rid;
  const rid = id === undefined ? undefined : readTextExtension(packet, id);
  return rid !== undefined && media.rids.includes(rid) ? rid : undefined;
}
