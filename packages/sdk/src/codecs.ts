// Which codecs are offered and how they are sent: codec preferences, simulcast encodings, Opus parameters.
// Pure functions over what the browser says it can do.

import { clientError } from './errors.ts';

/** Video codecs a publisher may ask for. */
export const VIDEO_CODECS = ['h264', 'h265', 'vp8', 'vp9', 'av1'] as const;
/** A video codec by its short name. */
export type VideoCodecName = (typeof VIDEO_CODECS)[number];

/** How video is sent. */
export type VideoEncodingOptions = {
  /** Sends three sizes, rids `q` (quarter), `h` (half), `f` (full), so that the server can choose per viewer. */
  readonly simulcast?: boolean;
  /** Upper limit of the best layer, bits per second; absent: the browser decides. */
  readonly maxBitrateBps?: number;
};

/** How sound is sent. */
export type OpusOptions = {
  /** Two channels; on for screens and own streams, off for microphones. */
  readonly stereo: boolean;
  /** Sends almost nothing during silence; saves bitrate, costs a little quality. */
  readonly dtx: boolean;
  readonly maxBitrateBps?: number;
};

/**
 * Chooses what to offer for a requested codec: that codec (for H.264, Constrained Baseline with packetization
 * mode 1 first, RFC 6184) and retransmission, nothing else, so that the server has no other choice.
 */
export function preferVideoCodec(available: readonly RTCRtpCodec[], codec: VideoCodecName): RTCRtpCodec[] {
  const mimeType = `video/${codec}`;
  const wanted = available.filter((candidate) => candidate.mimeType.toLowerCase() === mimeType);
  if (wanted.length === 0) {
    const supported = VIDEO_CODECS.filter((name) =>
      available.some((candidate) => candidate.mimeType.toLowerCase() === `video/${name}`),
    );
    throw clientError('CODEC_NOT_SUPPORTED', {
      message: `This browser cannot send ${codec}`,
      details: { codec, supported },
    });
  }
  const retransmission = available.filter((candidate) => candidate.mimeType.toLowerCase() === 'video/rtx');
  return [...wanted.toSorted((a, b) => rank(a) - rank(b)), ...retransmission];
}

/** Orders all codecs when none was asked for: H.264 first, because every player can show its files. */
export function orderVideoCodecs(available: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const isH264 = (codec: RTCRtpCodec): boolean => codec.mimeType.toLowerCase() === 'video/h264';
  const h264 = available.filter(isH264).toSorted((a, b) => rank(a) - rank(b));
  return [...h264, ...available.filter((codec) => !isH264(codec))];
}

/** Describes the layers to send, lowest first as RFC 8853 has them. */
export function videoEncodings(options: VideoEncodingOptions): RTCRtpEncodingParameters[] {
  const { maxBitrateBps } = options;
  const limit = (share: number): { maxBitrate?: number } =>
    maxBitrateBps === undefined ? {} : { maxBitrate: Math.round(maxBitrateBps * share) };
  if (options.simulcast !== true) return [{ ...limit(1) }];
  return [
    { rid: 'q', scaleResolutionDownBy: 4, ...limit(1 / 10) },
    { rid: 'h', scaleResolutionDownBy: 2, ...limit(1 / 3) },
    { rid: 'f', scaleResolutionDownBy: 1, ...limit(1) },
  ];
}

/** Writes the Opus parameters the sender shall follow into the server's answer (RFC 7587 §7). */
export function applyOpusOptions(answerSdp: string, options: OpusOptions): string {
  const payloadTypes = [...answerSdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map((match) => match[1] ?? '');
  return payloadTypes.reduce((sdp, payloadType) => withOpusParameters(sdp, payloadType, options), answerSdp);
}

/**
 * Starts video at a bitrate a recording can live with instead of the browser's 300 kb/s, at which the first ten seconds
 * are a quarter of the picture. Congestion control lowers it within a second where the network cannot carry it.
 */
export function applyStartBitrate(answerSdp: string, bitrateBps: number): string {
  const kilobits = Math.round(bitrateBps / 1000);
  const codecs = [...answerSdp.matchAll(/^a=rtpmap:(\d+) (?:h26[45]|vp[89]|av1)\//gim)].map((match) => match[1] ?? '');
  return codecs.reduce((sdp, payloadType) => {
    const parameter = `x-google-start-bitrate=${kilobits}`;
    const line = new RegExp(`^(a=fmtp:${payloadType} .*)$`, 'm');
    if (line.test(sdp)) return sdp.replace(line, `$1;${parameter}`);
    return sdp.replace(new RegExp(`^(a=rtpmap:${payloadType} .*)$`, 'm'), `$1\r\na=fmtp:${payloadType} ${parameter}`);
  }, answerSdp);
}

function withOpusParameters(sdp: string, payloadType: string, options: OpusOptions): string {
  const wanted: Record<string, string> = { stereo: options.stereo ? '1' : '0', usedtx: options.dtx ? '1' : '0' };
  if (options.maxBitrateBps !== undefined) wanted.maxaveragebitrate = String(options.maxBitrateBps);
  const line = new RegExp(`^a=fmtp:${payloadType} (.*)$`, 'm');
  const found = line.exec(sdp)?.[1]?.trimEnd();
  const given = (found ?? 'minptime=10;useinbandfec=1').split(';').map((pair) => pair.trim());
  const kept = given.filter((pair) => !((pair.split('=')[0] ?? '') in wanted));
  const parameters = [...kept, ...Object.entries(wanted).map(([name, value]) => `${name}=${value}`)].join(';');
  if (found !== undefined) return sdp.replace(line, `a=fmtp:${payloadType} ${parameters}`);
  const rtpmap = new RegExp(`^(a=rtpmap:${payloadType} opus/[^\r\n]*)`, 'im');
  return sdp.replace(rtpmap, `$1\r\na=fmtp:${payloadType} ${parameters}`);
}

function rank(codec: RTCRtpCodec): number {
  const fmtp = codec.sdpFmtpLine?.toLowerCase() ?? '';
  const mode = fmtp.includes('packetization-mode=1') ? 0 : 2;
  return mode + (fmtp.includes('profile-level-id=42e0') ? 0 : 1);
}
