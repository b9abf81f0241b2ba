// One track of a tape that is played: its frames as packets of an inbound track, so that forwarding, retransmission and
// reports are those of a camera. Timestamps tell when a frame is sent, whatever the tape's own clock says.

import { assert, type Ids, type MediaKind, type UnixUs, unixUsToNtp, usToTicks } from '@roomtape/media';
import { createPacketizer, type Packetizer, parseRtpPacket, writeRtpPacket } from '@roomtape/rtp';
import { type InboundSink, InboundTrack } from './inbound-track.ts';
import type { NegotiatedMedia } from './sdp-negotiate.ts';
import type { TailFrame, TailTrack } from './tape-tail.ts';

/** What is known of a track that is not on the tape yet: mixes have these codecs. */
const EXPECTED = {
  video: { codec: 'h264', clockRate: 90_000, channels: undefined, codecString: undefined },
  audio: { codec: 'opus', clockRate: 48_000, channels: 2, codecString: undefined },
} as const;

/** Payload of a packet; fits the internet with every header around it. */
const PAYLOAD_BYTES = 1150;
const TIMESTAMPS = 0x100000000;
const REPORT_INTERVAL_US = 1_000_000;

/** Sends frames of one kind into an inbound track. */
export class PlayedTrack {
  readonly inbound: InboundTrack;
  readonly #packetizer: Packetizer;
  readonly #timestampBase: number;
  readonly #waiting: Uint8Array[] = [];
  #sequence: number;
  #reportedAt = 0;

  constructor(kind: MediaKind, options: { tape: TailTrack | undefined; ids: Ids; sink: InboundSink }) {
    const { tape, ids, sink } = options;
    const media = describeMedia(kind, tape);
    this.inbound = new InboundTrack({ media, ssrc: ids.uint32(), rid: '', sink, keepsKeyframe: kind === 'video' });
    const { codec } = media;
    assert(codec !== 'aac', 'AAC is no codec of WebRTC');
    this.#packetizer = createPacketizer(codec, { payloadBytesMax: PAYLOAD_BYTES });
    this.#timestampBase = ids.uint32();
    this.#sequence = ids.uint32() & 0xffff;
  }

  /** Packets that are due and not sent yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a frame that is due at a moment. */
  put(frame: TailFrame, sendAt: UnixUs): void {
    const { payloadType } = this.inbound.media;
    const timestamp = this.#timestampOf(sendAt);
    const type = frame.isKey ? 'key' : 'delta';
    for (const { payload, marker } of this.#packetizer.packetize({ type, pts: frame.pts, data: frame.data })) {
      const sequence = this.#sequence;
      this.#sequence = (sequence + 1) & 0xffff;
      const { ssrc } = this.inbound;
      this.#waiting.push(writeRtpPacket({ payloadType, sequence, timestamp, ssrc, payload, marker }));
    }
  }

  /** Sends packets that wait, some at most; returns how many. */
  send(packetsMax: number, now: UnixUs): number {
    const due = this.#waiting.splice(0, packetsMax);
    for (const bytes of due) {
      const packet = parseRtpPacket(bytes);
      if (packet !== undefined) this.inbound.receive(packet, now);
    }
    if (due.length > 0 && now - this.#reportedAt >= REPORT_INTERVAL_US) this.#report(now);
    return due.length;
  }

  /** Both tracks run on the clock of their sending, which viewers align them by. */
  #report(now: UnixUs): void {
    this.#reportedAt = now;
    const { seconds: ntpSeconds, fraction: ntpFraction } = unixUsToNtp(now);
    const { ssrc } = this.inbound;
    const counts = { packetCount: 0, octetCount: 0, reports: [] };
    const rtpTimestamp = this.#timestampOf(now);
    this.inbound.senderReport({ kind: 'sender-report', ssrc, ntpSeconds, ntpFraction, rtpTimestamp, ...counts }, now);
  }

  #timestampOf(at: UnixUs): number {
    return (usToTicks(at, this.inbound.media.clockRate) + this.#timestampBase) % TIMESTAMPS;
  }
}

function describeMedia(kind: MediaKind, tape: TailTrack | undefined): NegotiatedMedia {
  const { codec, clockRate, channels, codecString } = tape ?? EXPECTED[kind];
  return {
    ...{ kind, codec, clockRate, channels },
    ...{ mid: '', index: 0, payloadType: kind === 'video' ? 96 : 111 },
    fmtp: codec === 'h264' ? h264Parameters(codecString) : undefined,
    // Nobody can be asked for anything: neither a packet again nor a keyframe.
    ...{ rtxPayloadType: undefined, redPayloadType: undefined, feedback: [], extensions: {} },
    ...{ rids: [], ssrcs: [], rtxSsrcs: new Map() },
  };
}

/** As a publisher would offer it (RFC 6184 §8.1); the encoder of mixes makes high profile. */
function h264Parameters(codecString = 'avc1.64001f'): string {
  return `packetization-mode=1;profile-level-id=${codecString.slice('avc1.'.length).toLowerCase()}`;
}
