// The one-m-line SDP the native library is given in place of the peers' real one, and the reading of its own.
// With a single sendrecv m-line libdatachannel routes every packet, of any SSRC and payload type, to one track.

import type { TransportDescription } from './transport.ts';

/**
 * Writes the offer that makes the library the answerer. We take the active DTLS role wherever the peer leaves the
 * choice (RFC 8842 §5.3): a ClientHello of the peer comes before our ICE agent is ready and is repeated only a
 * second later. Median time to connect with libdatachannel clients: 60 ms active, 1003 ms
 * passive (`node packages/webrtc/bench/connect.ts 60`).
 */
export function syntheticOffer(remote: TransportDescription): string {
  return synthetic(remote, remote.setup === 'active' ? 'active' : 'passive');
}

/** Writes the answer that completes our own offer, with the DTLS role the peer chose. */
export function syntheticAnswer(remote: TransportDescription): string {
  return synthetic(remote, remote.setup === 'active' ? 'active' : 'passive');
}

/** Reads ICE and DTLS parameters out of the library's description; `undefined` when one is missing. */
export function readTransportDescription(sdp: string): TransportDescription | undefined {
  const values = new Map<string, string>();
  const candidates: string[] = [];
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('a=candidate:')) candidates.push(line.slice(2));
    const colon = line.indexOf(':');
    if (line.startsWith('a=') && colon > 0) values.set(line.slice(2, colon), line.slice(colon + 1));
  }
  const iceUfrag = values.get('ice-ufrag');
  const icePwd = values.get('ice-pwd');
  const fingerprint = values.get('fingerprint');
  if (iceUfrag === undefined || icePwd === undefined || fingerprint === undefined) return undefined;
  const setup = values.get('setup');
  return {
    iceUfrag,
    icePwd,
    fingerprint,
    setup: setup === 'active' || setup === 'passive' ? setup : 'actpass',
    candidates,
  };
}

function synthetic(remote: TransportDescription, setup: 'active' | 'passive'): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${remote.iceUfrag}`,
    `a=ice-pwd:${remote.icePwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:${remote.fingerprint}`,
    `a=setup:${setup}`,
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    '',
  ].join('\r\n');
}
