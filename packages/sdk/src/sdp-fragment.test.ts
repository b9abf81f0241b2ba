import { describe, expect, it } from 'vitest';
import { applyRestart, readIceParameters, writeTrickleFragment } from './sdp-fragment.ts';

const SDP = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:u1',
  'a=ice-pwd:p1',
  'a=fingerprint:sha-256 AA',
  'a=candidate:1 1 udp 1 127.0.0.1 1000 typ host',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'a=ice-ufrag:u1',
  'a=ice-pwd:p1',
  '',
].join('\r\n');

describe('SDP fragments', () => {
  it('tells the server of candidates under the ICE session they belong to', () => {
    const candidates = [{ candidate: 'candidate:2 1 udp 9 10.0.0.1 5000 typ host' } as RTCIceCandidate];

    const fragment = writeTrickleFragment(SDP, { candidates, complete: true });

    expect(fragment.split('\r\n')).toEqual([
      'a=ice-ufrag:u1',
      'a=ice-pwd:p1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=candidate:2 1 udp 9 10.0.0.1 5000 typ host',
      'a=end-of-candidates',
      '',
    ]);
  });

  it('puts new credentials, fingerprint and candidates of a restart into the old answer', () => {
    const fragment =
      'a=ice-ufrag:u2\r\na=ice-pwd:p2\r\na=fingerprint:sha-256 BB\r\na=candidate:9 1 udp 1 ::1 7 typ host\r\n';

    const answer = applyRestart(SDP, fragment);

    expect(answer.split('\r\n')).toEqual([
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=ice-ufrag:u2',
      'a=ice-pwd:p2',
      'a=fingerprint:sha-256 BB',
      'a=candidate:9 1 udp 1 ::1 7 typ host',
      'a=end-of-candidates',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=mid:1',
      'a=ice-ufrag:u2',
      'a=ice-pwd:p2',
      '',
    ]);
  });

  it('keeps what a fragment does not mention and survives nonsense', () => {
    expect(applyRestart(SDP, 'garbage')).not.toContain('undefined');
    expect(readIceParameters(applyRestart(SDP, 'a=ice-ufrag:u2'))).toMatchObject({ ufrag: 'u2', pwd: 'p1' });
  });
});
