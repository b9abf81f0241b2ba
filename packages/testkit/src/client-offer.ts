// Writes the SDP offers of our own WHIP and WHEP clients (RFC 9725, RFC 8829) and reads the answers. Written
// apart from the server's SDP code on purpose: one misreading is not made twice.

import type { MediaKind, VideoCodec } from '@roomtape/media';
import type { TransportDescription } from '@roomtape/webrtc';

/** SSRCs a publisher sends one kind of media with. */
export type SenderSsrcs = { readonly media: number; readonly rtx: number };

/** What a client wants to send or receive. */
export type ClientOffer = {
  readonly local: TransportDescription;
  readonly direction: 'sendonly' | 'recvonly';
  readonly cname: string;
  /** Video codecs in order of preference; none leaves the section out. */
  readonly videoCodecs: readonly VideoCodec[];
  readonly hasAudio: boolean;
  /** Given when sending. */
  readonly ssrcs?: Readonly<Record<MediaKind, SenderSsrcs>>;
  readonly hasRtx?: boolean;
  readonly hasTransportSequence?: boolean;
};

/** One m-section of an answer that carries media. */
export type AnsweredMedia = {
  readonly kind: MediaKind;
  readonly mid: string;
  readonly codec: VideoCodec | 'opus';
  readonly payloadType: number;
  readonly rtxPayloadType?: number;
  readonly midExtensionId?: number;
  readonly transportSequenceId?: number;
};

/** An answer as a client needs it. */
export type ClientAnswer = { readonly remote: TransportDescription; readonly media: readonly AnsweredMedia[] };

const OPUS_PAYLOAD_TYPE = 111;
const FIRST_VIDEO_PAYLOAD_TYPE = 96;
const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const TRANSPORT_SEQUENCE_URI = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const MID_ID = 4;
const TRANSPORT_SEQUENCE_ID = 3;

const RTPMAP_NAMES: Readonly<Record<VideoCodec, string>> = {
  h264: 'H264',
  h265: 'H265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
};
/** Constrained baseline at level 4: up to 1080p30. */
const FMTPS: Readonly<Partial<Record<VideoCodec, string>>> = {
  h264: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e028',
  vp9: 'profile-id=0',
  av1: 'profile=0;level-idx=8;tier=0',
};

/** Writes an offer; lines end with CRLF. */
export function writeClientOffer(offer: ClientOffer): string {
  const sections = [
    ...(offer.hasAudio ? [audioLines(offer)] : []),
    ...(offer.videoCodecs.length > 0 ? [videoLines(offer)] : []),
  ];
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${sections.map((_, index) => index).join(' ')}`,
    'a=msid-semantic: WMS *',
    ...sections.flatMap((section, index) => [...section.slice(0, 1), `a=mid:${index}`, ...section.slice(1)]),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Reads an answer; `undefined` when it has no usable transport or media. */
export function readClientAnswer(sdp: string): ClientAnswer | undefined {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  const first = sections.find((section) => !/^m=\S+ 0 /.test(section));
  if (first === undefined) return undefined;
  const pick = (name: string): string => attributeOf(first, name) ?? attributeOf(session, name) ?? '';
  const setup = pick('setup');
  const remote: TransportDescription = {
    iceUfrag: pick('ice-ufrag'),
    icePwd: pick('ice-pwd'),
    fingerprint: pick('fingerprint'),
    setup: setup === 'active' || setup === 'passive' ? setup : 'actpass',
    candidates: attributesOf(first, 'candidate').map((value) => `candidate:${value}`),
  };
  const media = sections.flatMap((section) => readMedia(section) ?? []);
  return remote.iceUfrag === '' || remote.fingerprint === '' || media.length === 0 ? undefined : { remote, media };
}

function audioLines(offer: ClientOffer): string[] {
  return [
    `m=audio 9 UDP/TLS/RTP/SAVPF ${OPUS_PAYLOAD_TYPE}`,
    ...commonLines(offer),
    `a=rtpmap:${OPUS_PAYLOAD_TYPE} opus/48000/2`,
    `a=fmtp:${OPUS_PAYLOAD_TYPE} minptime=10;useinbandfec=1`,
    ...(offer.hasTransportSequence === false ? [] : [`a=rtcp-fb:${OPUS_PAYLOAD_TYPE} transport-cc`]),
    ...ssrcLines(offer, 'audio'),
  ];
}

function videoLines(offer: ClientOffer): string[] {
  const hasRtx = offer.hasRtx ?? true;
  const formats = offer.videoCodecs.map((codec, index) => ({ codec, pt: FIRST_VIDEO_PAYLOAD_TYPE + index * 2 }));
  const numbers = formats.flatMap(({ pt }) => (hasRtx ? [pt, pt + 1] : [pt]));
  const feedback = ['nack', 'nack pli', 'ccm fir', ...(offer.hasTransportSequence === false ? [] : ['transport-cc'])];
  return [
    `m=video 9 UDP/TLS/RTP/SAVPF ${numbers.join(' ')}`,
    ...commonLines(offer),
    ...formats.flatMap(({ codec, pt }) => [
      `a=rtpmap:${pt} ${RTPMAP_NAMES[codec]}/90000`,
      ...feedback.map((one) => `a=rtcp-fb:${pt} ${one}`),
      ...(FMTPS[codec] === undefined ? [] : [`a=fmtp:${pt} ${FMTPS[codec]}`]),
      ...(hasRtx ? [`a=rtpmap:${pt + 1} rtx/90000`, `a=fmtp:${pt + 1} apt=${pt}`] : []),
    ]),
    ...ssrcLines(offer, 'video'),
  ];
}

function commonLines(offer: ClientOffer): string[] {
  return [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${offer.local.iceUfrag}`,
    `a=ice-pwd:${offer.local.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${offer.local.fingerprint}`,
    'a=setup:actpass',
    `a=${offer.direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=extmap:${MID_ID} ${MID_URI}`,
    ...(offer.hasTransportSequence === false ? [] : [`a=extmap:${TRANSPORT_SEQUENCE_ID} ${TRANSPORT_SEQUENCE_URI}`]),
    ...offer.local.candidates.map((candidate) => `a=${candidate}`),
  ];
}

function ssrcLines(offer: ClientOffer, kind: MediaKind): string[] {
  const ssrcs = offer.ssrcs?.[kind];
  if (ssrcs === undefined) return [];
  const hasRtx = kind === 'video' && (offer.hasRtx ?? true);
  return [
    `a=msid:${offer.cname} ${offer.cname}-${kind}`,
    ...(hasRtx ? [`a=ssrc-group:FID ${ssrcs.media} ${ssrcs.rtx}`] : []),
    `a=ssrc:${ssrcs.media} cname:${offer.cname}`,
    ...(hasRtx ? [`a=ssrc:${ssrcs.rtx} cname:${offer.cname}`] : []),
  ];
}

function readMedia(section: string): AnsweredMedia | undefined {
  const [, kind, port, formats = ''] = /^m=(audio|video) (\d+) \S+ (.*?)\r?$/m.exec(section) ?? [];
  if ((kind !== 'audio' && kind !== 'video') || port === '0' || /^a=inactive\r?$/m.test(section)) return undefined;
  const maps = attributesOf(section, 'rtpmap').map((value) => value.split(/[ /]/));
  const codecAt = (payloadType: string): AnsweredMedia['codec'] | undefined =>
    codecNamed(maps.find(([pt]) => pt === payloadType)?.[1] ?? '');
  const payloadType = formats.split(' ').find((pt) => codecAt(pt) !== undefined);
  const codec = payloadType === undefined ? undefined : codecAt(payloadType);
  if (payloadType === undefined || codec === undefined) return undefined;
  const rtx = attributesOf(section, 'fmtp').find((value) => value.endsWith(`apt=${payloadType}`));
  const midId = extensionIdOf(section, MID_URI);
  const transportId = extensionIdOf(section, TRANSPORT_SEQUENCE_URI);
  return {
    kind,
    mid: attributeOf(section, 'mid') ?? '',
    codec,
    payloadType: Number(payloadType),
    ...(rtx === undefined ? {} : { rtxPayloadType: Number(rtx.split(' ')[0]) }),
    ...(midId === undefined ? {} : { midExtensionId: midId }),
    ...(transportId === undefined ? {} : { transportSequenceId: transportId }),
  };
}

function codecNamed(name: string): AnsweredMedia['codec'] | undefined {
  if (name.toLowerCase() === 'opus') return 'opus';
  const found = Object.entries(RTPMAP_NAMES).find(([, rtpmap]) => rtpmap === name.toUpperCase());
  return found?.[0] as VideoCodec | undefined;
}

function extensionIdOf(section: string, uri: string): number | undefined {
  const found = attributesOf(section, 'extmap').find((value) => value.split(' ')[1] === uri);
  return found === undefined ? undefined : Number.parseInt(found, 10);
}

function attributesOf(section: string, name: string): string[] {
  return Array.from(section.matchAll(new RegExp(`^a=${name}:(.*?)\\r?$`, 'gm')), (match) => match[1] ?? '');
}

function attributeOf(section: string, name: string): string | undefined {
  return attributesOf(section, name)[0];
}
