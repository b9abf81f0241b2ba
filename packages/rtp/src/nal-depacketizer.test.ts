import { ticks, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';
import type { Depacketizer, DepacketizerOptions } from './depacketizer.ts';

type Packet = readonly [hex: string, timestamp: number, marker?: 'M', sequence?: number];

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** Feeds packets with rising sequence numbers; returns the frames as text: type, timestamp, bytes. */
function feed(depacketizer: Depacketizer, packets: readonly Packet[]): string[] {
  let next = 0;
  return packets.flatMap(([hex, timestamp, marker, sequence]) => {
    next = sequence ?? next + 1;
    const packet = {
      payload: bytes(hex),
      marker: marker === 'M',
      sequence: next,
      timestamp: ticks(timestamp),
      arrivedAt: unixUs(0),
    };
    return depacketizer
      .push(packet)
      .map(({ type, pts, data }) => `${type} ${pts} ${Buffer.from(data).toString('hex').replaceAll('00000001', '|')}`);
  });
}

function h264(packets: readonly Packet[], options?: DepacketizerOptions): { frames: string[]; drops: object } {
  const depacketizer = createDepacketizer('h264', options);
  const frames = feed(depacketizer, packets);
  const drops = Object.entries(depacketizer.stats.framesDroppedBy).filter(([, count]) => count > 0);
  return { frames, drops: Object.fromEntries(drops) };
}

const SPS = '6742c00c';
const PPS = '68ce';
const STAP = `78 0004 ${SPS} 0002 ${PPS}`;
const KEY = `key 0 |${SPS}|${PPS}|6588aa`;

describe('H.264 payloads (RFC 6184)', () => {
  it('are single NAL units, STAP-A and FU-A', () => {
    const { frames } = h264([
      [STAP, 0],
      ['7c85 88', 0],
      ['7c05 99', 0],
      ['7c45 aa', 0, 'M'],
      ['4188bb', 3000, 'M'],
    ]);

    expect(frames).toEqual([`key 0 |${SPS}|${PPS}|658899aa`, 'delta 3000 |4188bb']);
  });

  it('accept a fragment that is both first and last', () => {
    expect(
      h264([
        [STAP, 0],
        ['7cc5 88aa', 0, 'M'],
      ]).frames,
    ).toEqual([KEY]);
  });

  it('lose access unit delimiters', () => {
    expect(
      h264([
        ['0910', 0],
        [STAP, 0],
        ['6588aa', 0, 'M'],
      ]).frames,
    ).toEqual([KEY]);
  });

  it('keep parameter sets with their frame when those carry a marker of their own', () => {
    expect(
      h264([
        [SPS, 0, 'M'],
        [PPS, 0, 'M'],
        ['6588aa', 0, 'M'],
      ]).frames,
    ).toEqual([KEY]);
  });

  it('put parameter sets from before into a keyframe that came without', () => {
    const { frames, drops } = h264([
      [SPS, 7],
      [PPS, 7],
      ['6588aa', 0, 'M'],
      ['4188bb', 3000, 'M'],
      ['6588cc', 6000, 'M'],
    ]);

    expect(frames).toEqual([KEY, 'delta 3000 |4188bb', `key 6000 |${SPS}|${PPS}|6588cc`]);
    expect(drops).toEqual({});
  });

  it('put parameter sets from signalling into a keyframe that came without', () => {
    const parameterSets = bytes(`00000001 ${SPS} 00000001 ${PPS}`);

    expect(h264([['6588aa', 0, 'M']], { parameterSets }).frames).toEqual([KEY]);
  });

  it('are dropped as keyframes when no parameter sets ever came', () => {
    const { frames, drops } = h264([
      ['4188bb', 0, 'M'],
      ['6588aa', 3000, 'M'],
      ['4188bb', 6000, 'M'],
    ]);

    expect(frames).toEqual([]);
    expect(drops).toEqual({ 'packet-loss': 1, 'no-parameter-sets': 1, 'missing-reference': 1 });
  });

  it('are not taken for whole after a gap that may hide the parameter sets of the frame', () => {
    const { frames, drops } = h264([
      [STAP, 0],
      ['6588aa', 0, 'M'],
      ['6588aa', 3000, 'M', 9],
      ['4188bb', 6000, 'M'],
      [STAP, 9000],
      ['6588aa', 9000, 'M'],
    ]);

    expect(frames).toEqual([KEY, KEY.replace('key 0', 'key 9000')]);
    expect(drops).toEqual({ 'packet-loss': 1, 'missing-reference': 1 });
  });

  it.each<[string, Packet[], string]>([
    ['marked with bit errors', [['e588aa', 0, 'M']], 'malformed'],
    [
      'fragments marked with bit errors',
      [
        ['fc8588', 0],
        ['7c45aa', 0, 'M'],
      ],
      'malformed',
    ],
    ['fragments without an end', [['7c8588', 0, 'M']], 'malformed'],
    ['fragments without a start', [['7c4588', 0, 'M']], 'malformed'],
    [
      'fragments begun twice',
      [
        ['7c8588', 0],
        ['7c8588', 0],
        ['7c4588', 0, 'M'],
      ],
      'malformed',
    ],
    [
      'fragments that change type',
      [
        ['7c8588', 0],
        ['7c41aa', 0, 'M'],
      ],
      'malformed',
    ],
    [
      'fragments interrupted by a NAL unit',
      [
        ['7c8588', 0],
        ['6588aa', 0],
        ['7c45aa', 0, 'M'],
      ],
      'malformed',
    ],
    ['fragments without data', [['7c85', 0, 'M']], 'malformed'],
    ['fragments of fragments', [['7c9c88', 0, 'M']], 'malformed'],
    ['a STAP-A that is cut short', [['780005658888', 0, 'M']], 'malformed'],
    ['a STAP-A with an empty NAL unit', [['780000', 0, 'M']], 'malformed'],
    ['a STAP-A in a STAP-A', [['780004780001aa', 0, 'M']], 'malformed'],
    ['slices without the first', [['6508aa', 0, 'M']], 'malformed'],
    ['STAP-B', [['79000000', 0, 'M']], 'unsupported'],
    ['FU-B', [['7d85000088', 0, 'M']], 'unsupported'],
  ])('are dropped when damaged: %s', (_name, packets, reason) => {
    const { frames, drops } = h264([[STAP, 0], ...packets, [STAP, 3000], ['6588aa', 3000, 'M']]);

    expect(frames).toEqual([KEY.replace('key 0', 'key 3000')]);
    expect(drops).toEqual({ [reason]: 1 });
  });

  it('leave a frame open at the end of the stream, which is dropped', () => {
    const depacketizer = createDepacketizer('h264');
    feed(depacketizer, [
      [STAP, 0],
      ['6588aa', 0],
    ]);
    depacketizer.flush();

    expect(depacketizer.stats).toMatchObject({ frames: 0, framesDropped: 1 });
  });
});

const VPS5 = '40010c01';
const SPS5 = '42010101';
const PPS5 = '4401c073';

describe('H.265 payloads (RFC 7798)', () => {
  it('are single NAL units, aggregation packets and fragments', () => {
    const frames = feed(createDepacketizer('h265'), [
      [`6001 0004 ${VPS5} 0004 ${SPS5} 0004 ${PPS5}`, 0],
      ['6201 94 88', 0],
      ['6201 14 99', 0],
      ['6201 54 aa', 0, 'M'],
      ['4601 50', 3000],
      ['0201 d0bb', 3000, 'M'],
    ]);

    expect(frames).toEqual([`key 0 |${VPS5}|${SPS5}|${PPS5}|28018899aa`, 'delta 3000 |0201d0bb']);
  });

  it('put parameter sets from before into a CRA picture that came without', () => {
    const frames = feed(createDepacketizer('h265'), [
      [VPS5, 0],
      [SPS5, 0],
      [PPS5, 0],
      ['2a0188', 3000, 'M'],
    ]);

    expect(frames).toEqual([`key 3000 |${VPS5}|${SPS5}|${PPS5}|2a0188`]);
  });

  it.each<[string, string, string]>([
    ['PACI packets', '640100000000', 'unsupported'],
    ['a header cut short', '26', 'malformed'],
    ['an aggregation packet cut short', '600100092601', 'malformed'],
    ['a fragment without data', '620193', 'malformed'],
  ])('are dropped when they are %s', (_name, hex, reason) => {
    const depacketizer = createDepacketizer('h265');
    const frames = feed(depacketizer, [
      [VPS5, 0],
      [hex, 0, 'M'],
      [VPS5, 3000],
      [SPS5, 3000],
      ['260188', 3000, 'M'],
    ]);

    expect(frames).toEqual([`key 3000 |${VPS5}|${SPS5}|260188`]);
    expect(depacketizer.stats.framesDroppedBy).toMatchObject({ [reason]: 1 });
  });
});
