import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readAudioLevel,
  readHeaderExtension,
  readTextExtension,
  readTransportSequence,
  rewriteTransportSequence,
} from './header-extension.ts';
import { isRtcp, parseRtpPacket, rewriteRtpHeader, rtpPayload, writeRtpPacket } from './packet.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const fieldsOf = (extensionId: number, extensionMin: number, extensionMax: number) =>
  fc.record({
    payloadType: fc.integer({ min: 0, max: 127 }),
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    marker: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 40 }),
    csrcs: fc.array(u32, { maxLength: 15 }),
    paddingBytes: fc.integer({ min: 0, max: 255 }),
    extensions: fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: extensionId }),
        data: fc.uint8Array({ minLength: extensionMin, maxLength: extensionMax }),
      }),
      { selector: (e) => e.id, maxLength: 8 },
    ),
  });

describe('RTP packets', () => {
  test.each([
    ['one-byte', fieldsOf(14, 1, 16), 0xbede],
    ['two-byte', fieldsOf(255, 0, 80), undefined],
  ] as const)('come back as written, with %s extensions', (_name, fields, profile) => {
    fc.assert(
      fc.property(fields, (written) => {
        const packet = parseRtpPacket(writeRtpPacket(written));
        if (packet === undefined) throw new Error('did not parse');
        const { payload, csrcs, extensions, ...numbers } = written;
        expect(packet).toMatchObject({ ...numbers, csrcCount: csrcs.length });
        expect(rtpPayload(packet)).toEqual(payload);
        if (profile !== undefined && extensions.length > 0) expect(packet.extensionProfile).toBe(profile);
        for (const { id, data } of extensions) expect(readHeaderExtension(packet, id)).toEqual(data);
        expect(readHeaderExtension(packet, 0)).toBeUndefined();
      }),
    );
  });

  test('parse the example of RFC 8285 §4.2: padding between one-byte elements', () => {
    const head = [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    const block = [0xbe, 0xde, 0, 3, 0x10, 0xaa, 0x21, 0xbb, 0xbc, 0, 0, 0x33, 1, 2, 3, 4];
    const packet = parseRtpPacket(new Uint8Array([...head, ...block, 7, 8]));
    if (packet === undefined) throw new Error('did not parse');
    expect(readHeaderExtension(packet, 1)).toEqual(new Uint8Array([0xaa]));
    expect(readTransportSequence(packet, 2)).toBe(0xbbbc);
    expect(readHeaderExtension(packet, 3)).toEqual(new Uint8Array([1, 2, 3, 4]));
    expect(readHeaderExtension(packet, 4)).toBeUndefined();
    expect(rtpPayload(packet)).toEqual(new Uint8Array([7, 8]));
  });

  test('stop reading one-byte elements at the reserved id 15', () => {
    const head = [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    const packet = parseRtpPacket(new Uint8Array([...head, 0xbe, 0xde, 0, 1, 0xf0, 1, 0x10, 5]));
    if (packet === undefined) throw new Error('did not parse');
    expect(readHeaderExtension(packet, 1)).toBeUndefined();
    expect(readHeaderExtension(packet, 15)).toBeUndefined();
  });

  test('read text, audio level and transport sequence only from extensions long enough', () => {
    const extensions = [
      { id: 1, data: new TextEncoder().encode('hi') },
      { id: 2, data: new Uint8Array([0x8a]) },
      { id: 3, data: new Uint8Array([9]) },
    ];
    const bytes = writeRtpPacket({
      payloadType: 1,
      sequence: 1,
      timestamp: 1,
      ssrc: 1,
      payload: bytesOf(1),
      extensions,
    });
    const packet = parseRtpPacket(bytes);
    if (packet === undefined) throw new Error('did not parse');
    expect(readTextExtension(packet, 1)).toBe('hi');
    expect(readAudioLevel(packet, 2)).toEqual({ levelDbov: -10, voice: true });
    expect(readTransportSequence(packet, 3)).toBeUndefined();
    expect(rewriteTransportSequence(packet, 3, 5)).toBe(false);
    expect(rewriteTransportSequence(packet, 1, 0x4142)).toBe(true);
    expect(readTextExtension(packet, 1)).toBe('AB');
  });

  test('are rewritten in place, only in the fields named', () => {
    const bytes = writeRtpPacket({
      payloadType: 96,
      marker: true,
      sequence: 1,
      timestamp: 2,
      ssrc: 3,
      payload: bytesOf(4),
    });
    rewriteRtpHeader(bytes, { payloadType: 111, sequence: 0x12345 });
    expect(parseRtpPacket(bytes)).toMatchObject({
      payloadType: 111,
      marker: true,
      sequence: 0x2345,
      timestamp: 2,
      ssrc: 3,
    });
    rewriteRtpHeader(bytes, { marker: false, timestamp: 0xffffffff, ssrc: 0x80000000 });
    expect(parseRtpPacket(bytes)).toMatchObject({
      payloadType: 111,
      marker: false,
      timestamp: 0xffffffff,
      ssrc: 0x80000000,
    });
  });

  test.each([
    ['shorter than a header', [0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0]],
    ['of version 1', [0x40, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]],
    ['with CSRCs beyond the end', [0x81, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]],
    ['with an extension header beyond the end', [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe]],
    ['with extensions beyond the end', [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1]],
    ['with padding of zero', [0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]],
    ['with padding longer than the payload', [0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 2]],
    ['that are empty', []],
  ])('%s are refused', (_name, bytes) => {
    expect(parseRtpPacket(new Uint8Array(bytes))).toBeUndefined();
  });

  test('are told from RTCP by the packet type (RFC 5761 §4)', () => {
    const typed = (type: number): boolean => isRtcp(new Uint8Array([0x80, type, 0, 0]));
    expect([191, 192, 200, 206, 223, 224, 96, 224].map(typed)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(isRtcp(new Uint8Array([0x80, 200, 0]))).toBe(false);
  });
});

function bytesOf(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}
