import { concatBytes } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAudioBody, writeAudioBody } from './audio-body.ts';
import { readVideoBody, writeVideoBody } from './video-body.ts';

const data = fc.uint8Array({ maxLength: 60 });
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('video bodies', () => {
  it('read back what was written, for every codec and kind', () => {
    const packet = fc.record({
      codec: fc.constantFrom('h264' as const, 'h265' as const, 'av1' as const, 'vp8' as const, 'vp9' as const),
      kind: fc.constantFrom('config' as const, 'frame' as const, 'end' as const),
      isKeyframe: fc.boolean(),
      compositionTimeMs: fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
      data,
    });
    fc.assert(
      fc.property(packet, (written) => {
        const composed = written.kind === 'frame' && ['h264', 'h265'].includes(written.codec);
        const expected = { ...written, compositionTimeMs: composed ? written.compositionTimeMs : 0 };

        expect(readVideoBody(writeVideoBody(written))).toEqual([
          { media: 'video', trackId: 0, offsetNs: 0, ...expected },
        ]);
      }),
    );
  });

  it('read any bytes without throwing, and keep views inside the body', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        const packets = [...readVideoBody(bytes), ...readAudioBody(bytes)];

        expect(packets.every((packet) => packet.data.length <= bytes.length)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('read H.265 as codec 12, as encoders sent it before enhanced FLV', () => {
    const [packet] = readVideoBody(new Uint8Array([0x1c, 1, 0, 0, 40, 9, 9]));

    expect(packet).toMatchObject({ codec: 'h265', kind: 'frame', isKeyframe: true, compositionTimeMs: 40 });
  });

  it('read a nanosecond offset before the packet', () => {
    // Key frame, ModEx; 3 bytes of offset; modifier 0, coded frames without composition time; hvc1.
    const body = concatBytes([new Uint8Array([0x97, 2, 0x01, 0xe2, 0x40, 0x03]), ascii('hvc1'), new Uint8Array([7])]);

    expect(readVideoBody(body)).toMatchObject([
      { codec: 'h265', kind: 'frame', offsetNs: 123_456, data: new Uint8Array([7]) },
    ]);
  });

  it('read several tracks of several codecs in one body', () => {
    const body = concatBytes([
      new Uint8Array([0x96, 0x21]),
      ...[ascii('avc1'), new Uint8Array([1, 0, 0, 4, 0xff, 0xff, 0xfe, 5])],
      ...[ascii('av01'), new Uint8Array([2, 0, 0, 2, 6, 7])],
    ]);

    expect(readVideoBody(body)).toMatchObject([
      { codec: 'h264', trackId: 1, compositionTimeMs: -2, data: new Uint8Array([5]) },
      { codec: 'av1', trackId: 2, compositionTimeMs: 0, data: new Uint8Array([6, 7]) },
    ]);
    expect(readVideoBody(body.subarray(0, body.length - 1))).toEqual([]);
  });

  it('pass over commands and codecs nobody here records', () => {
    expect(readVideoBody(new Uint8Array([0x57, 0]))).toEqual([]);
    expect(readVideoBody(new Uint8Array([0x12, 0, 0, 0, 0]))).toEqual([]);
    expect(readVideoBody(concatBytes([new Uint8Array([0x90]), ascii('vvc1')]))).toEqual([]);
  });
});

describe('audio bodies', () => {
  it('read back what was written', () => {
    const packet = fc.record({
      codec: fc.constantFrom('aac' as const, 'opus' as const),
      kind: fc.constantFrom('config' as const, 'frame' as const, 'end' as const),
      data,
    });
    fc.assert(
      fc.property(packet, (written) => {
        expect(readAudioBody(writeAudioBody(written))).toEqual([
          { media: 'audio', trackId: 0, offsetNs: 0, ...written },
        ]);
      }),
    );
  });

  it('pass over MP3 and damage', () => {
    expect(readAudioBody(new Uint8Array([0x2f, 1, 2]))).toEqual([]);
    expect(readAudioBody(new Uint8Array([0xaf]))).toEqual([]);
    expect(readAudioBody(new Uint8Array())).toEqual([]);
  });
});
