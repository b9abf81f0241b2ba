// Trickle ICE fragments (RFC 8840) as WHIP and WHEP patch them (RFC 9725 §4.3): read the client's, write ours.

import { isIcePwd, isIceUfrag, normalFingerprint } from './sdp-offer.ts';
import { callerError } from './webrtc-error.ts';

/** What a client's fragment says. */
export type IceFragment = {
  readonly iceUfrag: string | undefined;
  readonly icePwd: string | undefined;
  /** Only where a client sends a new DTLS fingerprint with a restart. */
  readonly fingerprint: string | undefined;
  readonly candidates: readonly string[];
  readonly endOfCandidates: boolean;
};

const FRAGMENT_BYTES_MAX = 16 * 1024;
const CANDIDATES_MAX = 64;

/** Reads a fragment; throws INVALID_SDP when it is too long or its ICE parameters are malformed. */
export function parseSdpFragment(text: string): IceFragment {
  if (text.length > FRAGMENT_BYTES_MAX) {
    throw callerError('INVALID_SDP', 'The SDP fragment is too long', { bytesMax: FRAGMENT_BYTES_MAX });
  }
  const lines = text.split(/\r\n|\n|\r/);
  const first = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`a=${name}:`))
      ?.slice(name.length + 3)
      .trim();
  const iceUfrag = first('ice-ufrag');
  const icePwd = first('ice-pwd');
  if (iceUfrag !== undefined && !isIceUfrag(iceUfrag)) throw malformed('ice-ufrag');
  if (icePwd !== undefined && !isIcePwd(icePwd)) throw malformed('ice-pwd');
  if ((iceUfrag === undefined) !== (icePwd === undefined)) throw malformed('ice-ufrag and ice-pwd come together');
  const fingerprint = first('fingerprint');
  return {
    iceUfrag,
    icePwd,
    fingerprint: fingerprint === undefined ? undefined : normalFingerprint(fingerprint),
    candidates: lines
      .filter((line) => line.startsWith('a=candidate:'))
      .slice(0, CANDIDATES_MAX)
      .map((l) => l.slice(2)),
    endOfCandidates: lines.includes('a=end-of-candidates'),
  };
}

/** What our fragment tells after an ICE restart. */
export type IceAnswerFragment = {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: string;
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly candidates: readonly string[];
  /** The MID of the BUNDLE-tagged section and its media word. */
  readonly mid: string;
  readonly media: string;
};

/** Writes the body of the 200 answer to an ICE restart (RFC 9725 §4.3.3). */
export function writeSdpFragment(fragment: IceAnswerFragment): string {
  return [
    `a=ice-ufrag:${fragment.iceUfrag}`,
    `a=ice-pwd:${fragment.icePwd}`,
    'a=ice-options:trickle ice2',
    `a=fingerprint:${fragment.fingerprint}`,
    `a=setup:${fragment.setup === 'active' ? 'active' : 'passive'}`,
    `m=${fragment.media} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${fragment.mid}`,
    ...fragment.candidates.map((candidate) => `a=${candidate}`),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

function malformed(what: string): Error {
  return callerError('INVALID_SDP', 'The SDP fragment is malformed', { problem: what });
}
