// Reads the SDP offer of a WHIP or WHEP client (RFC 8866, RFC 8829, RFC 9725) within limits. Throws only
// RoomtapeError INVALID_SDP or NOT_ACCEPTABLE; it decides nothing about codecs.

import type { SenderEngine } from '@roomtape/tape';
import { groupAttributes, type OfferedSection, parseSection } from './sdp-section.ts';
import type { TransportDescription } from './transport.ts';
import { callerError } from './webrtc-error.ts';

/** Bounds of an offer. */
export type SdpLimits = { readonly bytesMax: number; readonly linesMax: number; readonly sectionsMax: number };

/** Bounds used when none are given: three times the largest browser offer seen. */
export const SDP_LIMITS: SdpLimits = { bytesMax: 64 * 1024, linesMax: 2000, sectionsMax: 16 };

/** An offer as data. */
export type SdpOffer = {
  readonly transport: TransportDescription;
  readonly sections: readonly OfferedSection[];
  /** MIDs of the first BUNDLE group; every RTP section that is answered is in it. */
  readonly bundle: readonly string[];
  readonly extmapAllowMixed: boolean;
  /** The media engine that wrote the offer, where it can be told from others. */
  readonly engine?: SenderEngine;
};

/**
 * Parses an offer. Throws INVALID_SDP when it is not one or lacks ICE or DTLS parameters, NOT_ACCEPTABLE when
 * it is one this server cannot serve (no BUNDLE, no rtcp-mux); `details` says what.
 */
export function parseSdpOffer(text: string, limits: SdpLimits = SDP_LIMITS): SdpOffer {
  const lines = splitLines(text, limits);
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  if (starts.length === 0) throw invalid('no m-line');
  if (starts.length > limits.sectionsMax) throw invalid('too many m-lines', { max: limits.sectionsMax });
  const session = groupAttributes(lines.slice(0, starts[0]));
  const sections = starts.map((start, index) => {
    const section = parseSection(lines.slice(start, starts[index + 1] ?? lines.length));
    if (section === undefined) throw invalid('damaged m-line', { index });
    return section;
  });
  const bundle = bundleOf(session, sections);
  const transport = transportOf(session, sections, bundle);
  const engine = engineOf(session, sections);
  const extmapAllowMixed = session.has('extmap-allow-mixed');
  return { transport, sections, bundle, extmapAllowMixed, ...(engine === undefined ? {} : { engine }) };
}

/** Where the header extensions of libwebrtc's own making are named. */
const LIBWEBRTC_EXTENSIONS = 'http://www.webrtc.org/experiments/rtp-hdrext/';

/**
 * libwebrtc as Chromium and Safari use it: mixed extension headers, stream ids of its own kind, and its own
 * experiments also for sound. Others write the first two alike, and Firefox has its own clockwork around libwebrtc,
 * but none of them offers those experiments for sound.
 */
function engineOf(
  session: ReadonlyMap<string, readonly string[]>,
  sections: readonly OfferedSection[],
): SenderEngine | undefined {
  const isAlike = session.has('extmap-allow-mixed') && session.get('msid-semantic')?.[0]?.trim().startsWith('WMS');
  const sound = sections.find((section) => section.media === 'audio');
  const isOwn = [...(sound?.extensions.keys() ?? [])].some((uri) => uri.startsWith(LIBWEBRTC_EXTENSIONS));
  return isAlike === true && isOwn ? 'libwebrtc' : undefined;
}

function splitLines(text: string, limits: SdpLimits): string[] {
  if (typeof text !== 'string' || text.length > limits.bytesMax)
    throw invalid('too long', { bytesMax: limits.bytesMax });
  if (!text.startsWith('v=0')) throw invalid('does not begin with v=0');
  if (text.includes('\0')) throw invalid('a NUL character');
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > limits.linesMax) throw invalid('too many lines', { linesMax: limits.linesMax });
  return lines;
}

function bundleOf(session: ReadonlyMap<string, readonly string[]>, sections: readonly OfferedSection[]): string[] {
  const group = session.get('group')?.find((value) => value.startsWith('BUNDLE'));
  const mids = group?.split(/\s+/).slice(1, 33) ?? [];
  const named = sections.filter((section) => section.mid !== '');
  if (new Set(named.map((section) => section.mid)).size !== named.length) throw invalid('two m-lines share a mid');
  const active = sections.filter((section) => isRtp(section) && !section.disabled);
  if (active.some((section) => !section.rtcpMux)) throw notAcceptable('rtcp-mux is required');
  if (mids.length === 0) {
    // A single m-line needs no bundle; several without one would need several transports.
    if (active.length > 1) throw notAcceptable('BUNDLE is required');
    return [];
  }
  if (active.some((section) => !mids.includes(section.mid)))
    throw notAcceptable('every m-line must be in the BUNDLE group');
  return mids;
}

function isRtp(section: OfferedSection): boolean {
  return section.media === 'audio' || section.media === 'video';
}

/** The BUNDLE-tagged section holds the transport's attributes (RFC 8843 §9.2); session level is the fallback. */
function transportOf(
  session: ReadonlyMap<string, readonly string[]>,
  sections: readonly OfferedSection[],
  bundle: readonly string[],
): TransportDescription {
  const tagged = sections.find((section) => section.mid === bundle[0] && bundle.length > 0) ?? sections[0];
  const all = [tagged, ...sections.filter((section) => section !== tagged)];
  const find = (name: string): string | undefined => {
    for (const section of all) {
      const value = section?.attributes.get(name)?.[0];
      if (value !== undefined) return value;
    }
    return session.get(name)?.[0];
  };
  const iceUfrag = find('ice-ufrag') ?? '';
  const icePwd = find('ice-pwd') ?? '';
  const fingerprint = normalFingerprint(find('fingerprint') ?? '');
  const setup = find('setup') ?? 'actpass';
  if (!isIceUfrag(iceUfrag)) throw invalid('a=ice-ufrag is missing or malformed');
  if (!isIcePwd(icePwd)) throw invalid('a=ice-pwd is missing or malformed');
  if (fingerprint === undefined) throw invalid('a=fingerprint is missing, malformed or of an unknown hash');
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') throw invalid('a=setup is unknown');
  const candidates = (tagged?.attributes.get('candidate') ?? []).slice(0, 64).map((value) => `candidate:${value}`);
  return { iceUfrag, icePwd, fingerprint, setup, candidates };
}

/** Tells whether a text is an ICE user name fragment (RFC 8839 §5.4). */
export function isIceUfrag(text: string): boolean {
  return /^[A-Za-z0-9+/_=-]{4,256}$/.test(text);
}

/** Tells whether a text is an ICE password (RFC 8839 §5.4). */
export function isIcePwd(text: string): boolean {
  return /^[A-Za-z0-9+/_=-]{22,256}$/.test(text);
}

const HASH_BYTES: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 };

/** Writes a DTLS fingerprint (RFC 8122 §5) in its usual case; `undefined` when it is damaged or of a weak hash. */
export function normalFingerprint(text: string): string | undefined {
  const [hash = '', hex = ''] = text.trim().split(/\s+/);
  const bytes = HASH_BYTES[hash.toLowerCase()];
  if (bytes === undefined || !/^([0-9A-Fa-f]{2}:)+[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
  return hex.length === bytes * 3 - 1 ? `${hash.toLowerCase()} ${hex.toUpperCase()}` : undefined;
}

function invalid(problem: string, details: Record<string, unknown> = {}): Error {
  return callerError('INVALID_SDP', `The SDP offer is not usable: ${problem}`, { problem, ...details });
}

function notAcceptable(problem: string, details: Record<string, unknown> = {}): Error {
  return callerError('NOT_ACCEPTABLE', `The SDP offer cannot be served: ${problem}`, { problem, ...details });
}
