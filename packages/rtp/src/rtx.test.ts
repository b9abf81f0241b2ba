import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHeaderExtension } from './header-extension.ts';
import { parseRtpPacket, type RtpPacket, rtpPayload, writeRtpPacket } from './packet.ts';
import { unwrapRtx, wrapRtx } from './rtx.ts';

function parsed(bytes: Uint8Array): RtpPacket {
  const packet = parseRtpPacket(bytes);
  if (packet === undefined) throw new Error('did not parse');
  return packet;
}

describe('RTX', () => {
  test('wraps and unwraps any packet, whatever its extensions and padding', () => {
    const fields = fc.record({
      payloadType: fc.integer({ min: 0, max: 127 }),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffffffff }),
      ssrc: fc.integer({ min: 0, max: 0xffffffff }),
      marker: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 50 }),
      paddingBytes: fc.integer({ min: 0, max: 30 }),
      extensions: fc.constantFrom([], [{ id: 3, data: new Uint8Array([1, 2]) }]),
    });
    fc.assert(
      fc.property(fields, (original) => {
        const wrapped = parsed(wrapRtx(parsed(writeRtpPacket(original)), { ssrc: 5, payloadType: 97 }, 77));
        expect(wrapped).toMatchObject({ ssrc: 5, payloadType: 97, sequence: 77, timestamp: original.timestamp });
        const restored = unwrapRtx(wrapped, { ssrc: original.ssrc, payloadType: original.payloadType });
        const { payload, extensions, ...numbers } = original;
        expect(restored).toMatchObject({ ...numbers, paddingBytes: 0 });
        if (restored === undefined) return;
        expect(rtpPayload(restored)).toEqual(payload);
        if (extensions.length > 0) expect(readHeaderExtension(restored, 3)).toEqual(new Uint8Array([1, 2]));
      }),
    );
  });

  test('drops padding-only probes and payloads without an original sequence', () => {
    const probe = { payloadType: 97, sequence: 1, timestamp: 2, ssrc: 3, paddingBytes: 200, payload: new Uint8Array() };
    expect(unwrapRtx(parsed(writeRtpPacket(probe)), { ssrc: 1, payloadType: 96 })).toBeUndefined();
    const short = { ...probe, payload: new Uint8Array([1]) };
    expect(unwrapRtx(parsed(writeRtpPacket(short)), { ssrc: 1, payloadType: 96 })).toBeUndefined();
  });

  test('leaves the RTX packet as it was', () => {
    const bytes = writeRtpPacket({
      payloadType: 97,
      sequence: 1,
      timestamp: 2,
      ssrc: 3,
      payload: new Uint8Array([0, 9, 8]),
    });
    const before = bytes.slice();
    unwrapRtx(parsed(bytes), { ssrc: 1, payloadType: 96 });
    expect(bytes).toEqual(before);
  });
});
