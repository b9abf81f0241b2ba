// Chooses what an offer is answered with: one codec per kind, the extensions and feedback we really serve.
// Pure; the answer's text is written by `sdp-answer.ts`.

import type { CodecId, MediaKind } from '@roomtape/media';
import type { SenderEngine } from '@roomtape/tape';
import type { SdpOffer } from './sdp-offer.ts';
import type { OfferedCodec, OfferedSection } from './sdp-section.ts';
import { callerError } from './webrtc-error.ts';

/** URIs of the header extensions this server understands. */
export const EXTENSION_URI = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  transportSequence: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  absoluteCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  orientation: 'urn:3gpp:video-orientation',
  dependencyDescriptor: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
} as const;

/** A header extension by our short name. */
export type ExtensionName = keyof typeof EXTENSION_URI;

/** Ids of the negotiated header extensions; absent ones were not offered. */
export type ExtensionIds = Readonly<Partial<Record<ExtensionName, number>>>;

/** One m-line that carries media after the answer. */
export type NegotiatedMedia = {
  readonly kind: MediaKind;
  readonly codec: CodecId;
  readonly mid: string;
  /** Position of the section in the offer. */
  readonly index: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels: number | undefined;
  readonly fmtp: string | undefined;
  readonly rtxPayloadType: number | undefined;
  readonly redPayloadType: number | undefined;
  readonly extensions: ExtensionIds;
  /** `rtcp-fb` values the answer repeats. */
  readonly feedback: readonly string[];
  /** Simulcast layers the publisher sends, in its order; empty without simulcast. */
  readonly rids: readonly string[];
  readonly ssrcs: readonly number[];
  /** Pairs of a media SSRC and the SSRC of its retransmissions. */
  readonly rtxSsrcs: ReadonlyMap<number, number>;
  /** What sends it, where the offer tells. */
  readonly senderEngine?: SenderEngine;
};

/** The stream a viewer wants, as far as codecs go. */
export type PlayableTrack = {
  readonly kind: MediaKind;
  readonly codec: CodecId;
  /** fmtp parameters of the publisher, lower case; decide which H.264 profile a viewer gets. */
  readonly parameters: ReadonlyMap<string, string>;
};

const PUBLISH_EXTENSIONS: readonly ExtensionName[] = [
  'mid',
  'rid',
  'repairedRid',
  'transportSequence',
  'absoluteCaptureTime',
  'audioLevel',
  'orientation',
  'dependencyDescriptor',
];
const PLAY_EXTENSIONS: readonly ExtensionName[] = [
  'mid',
  'transportSequence',
  'audioLevel',
  'orientation',
  'dependencyDescriptor',
];
const PUBLISH_FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc'];
const PLAY_FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

/**
 * Chooses at most one audio and one video section of a publisher's offer, each with the first codec of the
 * offer that can be recorded. Throws NOT_ACCEPTABLE when nothing is left.
 */
export function negotiatePublish(offer: SdpOffer): NegotiatedMedia[] {
  const chosen: NegotiatedMedia[] = [];
  offer.sections.forEach((section, index) => {
    const kind = kindOf(section);
    if (kind === undefined || section.disabled || chosen.some((media) => media.kind === kind)) return;
    if (section.direction === 'recvonly' || section.direction === 'inactive') return;
    const codec = chooseRecordable(section);
    if (codec === undefined) return;
    const media = describeMedia({
      section,
      index,
      kind,
      codec,
      extensions: PUBLISH_EXTENSIONS,
      feedback: PUBLISH_FEEDBACK,
    });
    chosen.push(offer.engine === undefined ? media : { ...media, senderEngine: offer.engine });
  });
  if (chosen.length === 0) throw nothingUsable(offer);
  return chosen;
}

/**
 * Matches a viewer's offer with what a stream has. Throws NOT_ACCEPTABLE when the viewer takes none of it,
 * or cannot decode the codec of a kind it asks for.
 */
export function negotiatePlay(offer: SdpOffer, tracks: readonly PlayableTrack[]): NegotiatedMedia[] {
  const chosen: NegotiatedMedia[] = [];
  offer.sections.forEach((section, index) => {
    const kind = kindOf(section);
    if (kind === undefined || section.disabled || chosen.some((media) => media.kind === kind)) return;
    if (section.direction === 'sendonly' || section.direction === 'inactive') return;
    const track = tracks.find((candidate) => candidate.kind === kind);
    if (track === undefined) return;
    const codec = chooseMatching(section, track);
    if (codec === undefined) {
      throw callerError('NOT_ACCEPTABLE', 'The viewer does not offer the codec of the stream', {
        kind,
        codec: track.codec,
      });
    }
    chosen.push(describeMedia({ section, index, kind, codec, extensions: PLAY_EXTENSIONS, feedback: PLAY_FEEDBACK }));
  });
  if (chosen.length === 0) throw nothingUsable(offer);
  return chosen;
}

function kindOf(section: OfferedSection): MediaKind | undefined {
  if (!/^(UDP\/TLS\/)?RTP\/SAVPF?$/.test(section.protocol)) return undefined;
  return section.media === 'audio' || section.media === 'video' ? section.media : undefined;
}

/** Our codec for an offered one, or `undefined` where it cannot be recorded. */
export function codecOf(codec: OfferedCodec): CodecId | undefined {
  const { name, clockRate, parameters } = codec;
  if (name === 'opus' && clockRate === 48000) return 'opus';
  if (clockRate !== 90000) return undefined;
  if (name === 'h264' && (parameters.get('packetization-mode') ?? '0') <= '1') return 'h264';
  if (name === 'h265' && (parameters.get('profile-id') ?? '1') === '1') return 'h265';
  if (name === 'vp8') return 'vp8';
  if (name === 'vp9' && (parameters.get('profile-id') ?? '0') === '0') return 'vp9';
  if (name === 'av1' && (parameters.get('profile') ?? '0') === '0') return 'av1';
  return undefined;
}

function chooseRecordable(section: OfferedSection): OfferedCodec | undefined {
  const first = section.codecs.find((codec) => codecOf(codec) !== undefined);
  if (first === undefined || first.name !== 'h264') return first;
  // Fragmentation units need packetization-mode 1 (RFC 6184 §6.3); mode 0 limits a slice to one packet.
  return (
    section.codecs.find((codec) => codec.name === 'h264' && codec.parameters.get('packetization-mode') === '1') ?? first
  );
}

function chooseMatching(section: OfferedSection, track: PlayableTrack): OfferedCodec | undefined {
  const candidates = section.codecs.filter((codec) => codecOf(codec) === track.codec);
  if (track.codec !== 'h264') return candidates[0];
  const profile = track.parameters.get('profile-level-id')?.slice(0, 4);
  const mode = track.parameters.get('packetization-mode') ?? '0';
  const sameMode = candidates.filter((codec) => (codec.parameters.get('packetization-mode') ?? '0') >= mode);
  const same = sameMode.find((codec) => codec.parameters.get('profile-level-id')?.slice(0, 4) === profile);
  // Decoders of browsers read any profile whatever was negotiated, so another one is better than none.
  return same ?? sameMode[0] ?? candidates[0];
}

type Choice = {
  readonly section: OfferedSection;
  readonly index: number;
  readonly kind: MediaKind;
  readonly codec: OfferedCodec;
  readonly extensions: readonly ExtensionName[];
  readonly feedback: readonly string[];
};

function describeMedia(choice: Choice): NegotiatedMedia {
  const { section, codec, kind } = choice;
  const id = codecOf(codec);
  if (id === undefined) throw callerError('NOT_ACCEPTABLE', 'The codec is unknown', { codec: codec.name });
  const payloadType = codec.payloadType;
  const rtx = section.codecs.find((c) => c.name === 'rtx' && c.parameters.get('apt') === String(payloadType));
  const red = section.codecs.find((c) => c.name === 'red' && c.clockRate === 48000 && redCarries(c, payloadType));
  const extensions: Partial<Record<ExtensionName, number>> = {};
  for (const name of choice.extensions) {
    const extension = section.extensions.get(EXTENSION_URI[name]);
    if (extension !== undefined) extensions[name] = extension;
  }
  const congestion = extensions.transportSequence !== undefined;
  return {
    kind,
    codec: id,
    mid: section.mid,
    index: choice.index,
    payloadType,
    clockRate: codec.clockRate,
    channels: kind === 'audio' ? codec.channels : undefined,
    fmtp: codec.fmtp,
    rtxPayloadType: rtx?.payloadType,
    redPayloadType: kind === 'audio' ? red?.payloadType : undefined,
    extensions,
    feedback: choice.feedback.filter((fb) => codec.feedback.includes(fb) && (fb !== 'transport-cc' || congestion)),
    rids: kind === 'video' ? section.sendRids : [],
    ssrcs: section.ssrcs,
    rtxSsrcs: fidPairs(section),
  };
}

function redCarries(red: OfferedCodec, payloadType: number): boolean {
  return red.fmtp?.split('/').every((pt) => pt.trim() === String(payloadType)) === true;
}

function fidPairs(section: OfferedSection): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const group of section.ssrcGroups) {
    const [media, rtx] = group.ssrcs;
    if (group.semantics === 'FID' && media !== undefined && rtx !== undefined) pairs.set(media, rtx);
  }
  return pairs;
}

function nothingUsable(offer: SdpOffer): Error {
  const offered = offer.sections.map(({ media, direction, codecs }) => ({
    media,
    direction,
    codecs: [...new Set(codecs.map((codec) => codec.name))].slice(0, 20),
  }));
  return callerError('NOT_ACCEPTABLE', 'The offer contains no media this server can serve', { offered });
}
