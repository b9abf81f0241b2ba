// Writes the SDP answer (RFC 8829 §5.3): every offered m-line in its place, rejected ones with port 0. Nothing
// that was offered is echoed unless it was checked to be a plain token.

import { EXTENSION_URI, type ExtensionName, type NegotiatedMedia } from './sdp-negotiate.ts';
import type { SdpOffer } from './sdp-offer.ts';
import type { OfferedSection } from './sdp-section.ts';
import type { TransportDescription } from './transport.ts';

/** The SSRCs we send one kind of media with. */
export type SentSsrcs = { readonly media: number; readonly rtx: number };

/** Everything an answer is made of. */
export type AnswerParts = {
  readonly offer: SdpOffer;
  readonly media: readonly NegotiatedMedia[];
  readonly local: TransportDescription;
  /** `recvonly` to a publisher, `sendonly` to a viewer. */
  readonly direction: 'recvonly' | 'sendonly';
  /** A number for the o-line; RFC 8866 §5.2. */
  readonly sessionVersion: number;
  /** What we send, by kind; only with `sendonly`. */
  readonly sent?: Readonly<Partial<Record<'audio' | 'video', SentSsrcs>>>;
  /** Ties audio and video together in the viewer; a token. */
  readonly msid?: string;
};

/** Writes the answer, lines ended by CRLF. */
export function writeSdpAnswer(parts: AnswerParts): string {
  const { offer, media } = parts;
  const mids = media.map((m) => m.mid).filter((mid) => mid !== '');
  const lines = [
    'v=0',
    `o=- ${parts.sessionVersion} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(offer.bundle.length > 0 ? [`a=group:BUNDLE ${mids.join(' ')}`] : []),
    ...(offer.extmapAllowMixed ? ['a=extmap-allow-mixed'] : []),
    'a=msid-semantic: WMS *',
  ];
  offer.sections.forEach((section, index) => {
    const chosen = media.find((m) => m.index === index);
    lines.push(...(chosen === undefined ? rejectedLines(section) : acceptedLines(section, chosen, parts)));
  });
  return `${lines.join('\r\n')}\r\n`;
}

function rejectedLines(section: OfferedSection): string[] {
  const lines = [
    `m=${section.media} 0 ${section.protocol} ${section.formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    'a=inactive',
  ];
  if (section.mid !== '') lines.push(`a=mid:${section.mid}`);
  return lines;
}

function acceptedLines(section: OfferedSection, media: NegotiatedMedia, parts: AnswerParts): string[] {
  const receiving = parts.direction === 'recvonly';
  // The first payload type is the one the publisher sends with: RED first turns redundancy on.
  const red = receiving && media.redPayloadType !== undefined ? [media.redPayloadType] : [];
  const rtx = media.rtxPayloadType === undefined ? [] : [media.rtxPayloadType];
  const formats = [...red, media.payloadType, ...rtx];
  const lines = [
    `m=${section.media} 9 ${section.protocol} ${formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...transportLines(parts.local),
    ...(media.mid === '' ? [] : [`a=mid:${media.mid}`]),
    ...Object.entries(media.extensions).map(([name, id]) => `a=extmap:${id} ${EXTENSION_URI[name as ExtensionName]}`),
    `a=${parts.direction}`,
    'a=rtcp-mux',
    ...(section.attributes.has('rtcp-rsize') ? ['a=rtcp-rsize'] : []),
    ...codecLines(media, receiving),
  ];
  if (receiving && media.rids.length > 0) {
    lines.push(...media.rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${media.rids.join(';')}`);
  }
  return [...lines, ...sentLines(media, parts)];
}

function transportLines(local: TransportDescription): string[] {
  return [
    ...local.candidates.map((candidate) => `a=${candidate}`),
    'a=end-of-candidates',
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${local.fingerprint}`,
    `a=setup:${local.setup === 'active' ? 'active' : 'passive'}`,
  ];
}

function codecLines(media: NegotiatedMedia, receiving: boolean): string[] {
  const { payloadType: pt, clockRate, channels } = media;
  const lines = [`a=rtpmap:${pt} ${RTPMAP_NAME[media.codec]}/${clockRate}${(channels ?? 1) > 1 ? `/${channels}` : ''}`];
  lines.push(...media.feedback.map((feedback) => `a=rtcp-fb:${pt} ${feedback}`));
  const fmtp = receiving ? receivedFmtp(media) : media.fmtp;
  if (fmtp !== undefined) lines.push(`a=fmtp:${pt} ${fmtp}`);
  if (receiving && media.redPayloadType !== undefined) {
    lines.push(`a=rtpmap:${media.redPayloadType} red/48000/2`, `a=fmtp:${media.redPayloadType} ${pt}/${pt}`);
  }
  if (media.rtxPayloadType !== undefined) {
    lines.push(`a=rtpmap:${media.rtxPayloadType} rtx/${clockRate}`, `a=fmtp:${media.rtxPayloadType} apt=${pt}`);
  }
  return lines;
}

const RTPMAP_NAME = {
  h264: 'H264',
  h265: 'H265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  opus: 'opus',
  aac: 'MPEG4-GENERIC',
};

/**
 * libwebrtc begins at 300 kbit/s and shrinks the picture to what that carries, 320x180, then grows it by one step
 * each four seconds however fast the path is. 1 Mbit/s carries 720p; what is too much it corrects within a second.
 * Other publishers ignore the parameter. Measured with `node packages/webrtc/bench/ramp.ts`.
 */
const START_KBPS = 1000;

function receivedFmtp(media: NegotiatedMedia): string | undefined {
  if (media.codec === 'opus') return opusFmtp(media.fmtp);
  if (media.kind !== 'video' || !media.feedback.includes('transport-cc')) return media.fmtp;
  const start = `x-google-start-bitrate=${START_KBPS}`;
  return media.fmtp === undefined ? start : `${media.fmtp};${start}`;
}

/** What we like to receive: in-band FEC, and stereo where the publisher has it (RFC 7587 §7). */
function opusFmtp(offered: string | undefined): string {
  const stereo = /(^|;)\s*(sprop-)?stereo=1/.test(offered ?? '');
  return `minptime=10;useinbandfec=1${stereo ? ';stereo=1' : ''}`;
}

function sentLines(media: NegotiatedMedia, parts: AnswerParts): string[] {
  const sent = parts.sent?.[media.kind];
  if (sent === undefined || parts.direction !== 'sendonly') return [];
  const stream = parts.msid ?? 'roomtape';
  const ids = media.rtxPayloadType === undefined ? [sent.media] : [sent.media, sent.rtx];
  return [
    `a=msid:${stream} ${stream}-${media.kind}`,
    ...(ids.length > 1 ? [`a=ssrc-group:FID ${ids.join(' ')}`] : []),
    ...ids.map((ssrc) => `a=ssrc:${ssrc} cname:${stream}`),
  ];
}
