import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aacCodecString, parseAacConfig, writeAacConfig } from './aac.ts';
import { opusDurationTicks, parseOpusPacket, writeOpusHead } from './opus.ts';

describe('Opus framing (RFC 6716 §3)', () => {
  it.each([
    // configuration, ticks of 48 kHz
    [0, 480],
    [3, 2880],
    [11, 2880],
    [12, 480],
    [13, 960],
    [15, 960],
    [16, 120],
    [19, 960],
    [31, 960],
  ])('knows the frame duration of configuration %i', (config, frameTicks) => {
    expect(parseOpusPacket(new Uint8Array([config << 3, 1, 2]))).toMatchObject({ frames: 1, frameTicks });
  });

  it.each<[string, number[], number | undefined]>([
    ['one frame', [0x78, 1, 2, 3], 960],
    ['one empty frame', [0x78], 960],
    ['two equal frames', [0x79, 1, 2, 3, 4], 1920],
    ['two equal frames of an odd length', [0x79, 1, 2, 3], undefined],
    ['two frames', [0x7a, 1, 9, 8], 1920],
    ['two frames, the first too long', [0x7a, 9, 9, 8], undefined],
    ['two frames without a length', [0x7a], undefined],
    ['three constant frames', [0x7b, 3, 1, 2, 3], 2880],
    ['three constant frames that do not fit', [0x7b, 3, 1, 2], undefined],
    ['variable frames', [0x7b, 0x83, 1, 0, 7, 8], 2880],
    ['padding', [0x7b, 0x41, 2, 7, 0, 0], 960],
    ['padding longer than the packet', [0x7b, 0x41, 255, 255, 7], undefined],
    ['no frames', [0x7b, 0], undefined],
    ['more than 120 ms', [0x7b, 7, 1, 2, 3, 4, 5, 6, 7], undefined],
    ['nothing', [], undefined],
  ])('reads %s', (_name, packet, durationTicks) => {
    expect(opusDurationTicks(new Uint8Array(packet))).toBe(durationTicks);
  });

  it('tells stereo and DTX', () => {
    expect(parseOpusPacket(new Uint8Array([0x7c, 1, 2, 3]))).toMatchObject({ stereo: true, dtx: false });
    expect(parseOpusPacket(new Uint8Array([0x78, 1]))).toMatchObject({ stereo: false, dtx: true });
  });

  it('refuses a frame above 1275 bytes', () => {
    expect(parseOpusPacket(new Uint8Array(1 + 1275))).toBeDefined();
    expect(parseOpusPacket(new Uint8Array(1 + 1276))).toBeUndefined();
  });

  it('writes OpusHead byte for byte', () => {
    const head = writeOpusHead({ channels: 2, preSkipTicks: 312, inputRate: 48_000 });

    expect(Buffer.from(head).toString('hex')).toBe('4f707573486561640102380180bb0000000000');
  });
});

describe('AudioSpecificConfig', () => {
  it.each([
    ['1190', { objectType: 2, sampleRate: 48_000, channels: 2 }, 'mp4a.40.2'],
    ['1208', { objectType: 2, sampleRate: 44_100, channels: 1 }, 'mp4a.40.2'],
    ['2b920800', { objectType: 5, sampleRate: 22_050, channels: 2 }, 'mp4a.40.5'],
    ['f8e85000', { objectType: 39, sampleRate: 44_100, channels: 2 }, 'mp4a.40.39'],
  ])('reads %s', (hex, config, codecString) => {
    const parsed = parseAacConfig(Buffer.from(hex, 'hex'));

    expect(parsed).toEqual(config);
    expect(parsed && aacCodecString(parsed)).toBe(codecString);
  });

  it('reads back what it writes', () => {
    const config = fc.record({
      objectType: fc.integer({ min: 1, max: 30 }),
      sampleRate: fc.oneof(fc.constantFrom(96_000, 44_100, 7350), fc.integer({ min: 1, max: 2 ** 24 - 1 })),
      channels: fc.constantFrom(1, 2, 6, 8),
    });
    fc.assert(
      fc.property(config, (facts) => {
        expect(parseAacConfig(writeAacConfig(facts) ?? new Uint8Array(0))).toEqual(facts);
      }),
    );
  });

  it.each(['', '11', '0000', '1680', '11f8'])('refuses %j', (hex) => {
    expect(parseAacConfig(Buffer.from(hex, 'hex'))).toBeUndefined();
  });

  it('refuses to write what the short form cannot say', () => {
    expect(writeAacConfig({ objectType: 39, sampleRate: 48_000, channels: 2 })).toBeUndefined();
    expect(writeAacConfig({ objectType: 2, sampleRate: 48_000, channels: 7 })).toBeUndefined();
  });
});
