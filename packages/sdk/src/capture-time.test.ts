import { describe, expect, it } from 'vitest';
import { tellCaptureTimes } from './capture-time.ts';

const URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

describe('capture times', () => {
  it('are offered beside what the browser offers anyway', () => {
    const offered: unknown[] = [];

    tellCaptureTimes({
      getHeaderExtensionsToNegotiate: () => [
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', direction: 'sendrecv' },
        { uri: URI, direction: 'stopped' },
      ],
      setHeaderExtensionsToNegotiate: (extensions: readonly object[]) => offered.push(...extensions),
    });

    expect(offered).toEqual([
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', direction: 'sendrecv' },
      { uri: URI, direction: 'sendrecv' },
    ]);
  });

  it('are left out where the browser knows none or refuses', () => {
    const refusing = {
      getHeaderExtensionsToNegotiate: () => [{ uri: URI, direction: 'stopped' }],
      setHeaderExtensionsToNegotiate: () => {
        throw new Error('InvalidModificationError');
      },
    };

    expect(() => tellCaptureTimes({})).not.toThrow();
    expect(() => tellCaptureTimes(refusing)).not.toThrow();
  });
});
