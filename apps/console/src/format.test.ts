import { describe, expect, it } from 'vitest';
import { formatBitrate, formatBytes, formatCodec, formatDuration, initialsOf } from './format.ts';

describe('format', () => {
  it.each([
    [0, '0:00'],
    [59_999, '0:59'],
    [61_000, '1:01'],
    [3_661_000, '1:01:01'],
    [-5, '0:00'],
  ])('writes %i ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [123_456, '123 kB'],
    [1_500_000_000, '1.5 GB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('writes bitrates and codecs as people say them', () => {
    expect([formatBitrate(48_200), formatBitrate(1_234_567)]).toEqual(['48 kb/s', '1.2 Mb/s']);
    expect([formatCodec('h264'), formatCodec('OPUS'), formatCodec('new')]).toEqual(['H.264', 'Opus', 'new']);
  });

  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['', '?'],
    ['Ada de Lovelace', 'AL'],
    ['😀 smile', '😀S'],
  ])('takes the initials of %j', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});
