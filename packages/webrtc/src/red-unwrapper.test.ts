import { parseRtpPacket, rtpPayload, writeRtpPacket } from '@roomtape/rtp';
import { describe, expect, it } from 'vitest';
import { unwrapRed } from './red-unwrapper.ts';

const red = (payload: readonly number[]) => {
  const bytes = writeRtpPacket({
    payloadType: 63,
    sequence: 0,
    timestamp: 960,
    ssrc: 5,
    payload: new Uint8Array(payload),
  });
  const packet = parseRtpPacket(bytes);
  if (packet === undefined) throw new Error('the packet is whole');
  return packet;
};
/** F bit and payload type, 14 bits of timestamp offset, 10 bits of length. */
const header = (payloadType: number, offset: number, length: number) => [
  0x80 | payloadType,
  offset >> 6,
  ((offset & 63) << 2) | (length >> 8),
  length & 255,
];

describe('unwrapRed', () => {
  it('gives each block the numbers of the packet it repeats, across the wrap', () => {
    const blocks = unwrapRed(red([...header(111, 960, 2), 111, 7, 8, 1, 2, 3]), 111);
    expect(blocks?.primary).toMatchObject({ payloadType: 111, sequence: 0, timestamp: 960, ssrc: 5 });
    expect(blocks && [...rtpPayload(blocks.primary)]).toEqual([1, 2, 3]);
    expect(blocks?.redundant).toMatchObject([{ sequence: 0xffff, timestamp: 0 }]);
    expect(blocks?.redundant.map((block) => [...rtpPayload(block)])).toEqual([[7, 8]]);
  });

  it.each([
    ['nothing', []],
    ['a header without its block', header(111, 960, 2)],
    ['a block longer than the packet', [...header(111, 960, 200), 111, 1]],
    ['another primary codec', [112, 1, 2]],
  ])('refuses %s', (_, payload) => {
    expect(unwrapRed(red(payload), 111)).toBeUndefined();
  });
});
