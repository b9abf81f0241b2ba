import { ticks, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';

const SEQUENCE = '08000000043d06d4fbf90040';
const KEY = `0a0b${SEQUENCE.slice(2)}`;

/** Pushes the payloads as one temporal unit; returns its bytes, or why it was dropped. */
function assemble(payloads: readonly string[]): string {
  const depacketizer = createDepacketizer('av1');
  for (const [i, hex] of payloads.entries()) {
    const payload = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    const marker = i === payloads.length - 1;
    const packet = { payload, marker, sequence: i, timestamp: ticks(0), arrivedAt: unixUs(0) };
    for (const { type, data } of depacketizer.push(packet)) return `${type} ${Buffer.from(data).toString('hex')}`;
  }
  return Object.entries(depacketizer.stats.framesDroppedBy).find(([, count]) => count > 0)?.[0] ?? 'nothing';
}

describe('AV1 payloads (RTP payload format for AV1, §4)', () => {
  it.each<[string, string[], string]>([
    ['elements that all carry a length (W = 0)', [`08 0c${SEQUENCE} 04 30101112`], `key ${KEY}3203101112`],
    ['counted elements, the last without length', [`28 0c${SEQUENCE} 30101112`], `key ${KEY}3203101112`],
    ['an OBU in three packets', [`68 0c${SEQUENCE} 3010`, 'd0 11', '90 1213'], `key ${KEY}320410111213`],
    ['a fragment and a new OBU in one packet', [`68 0c${SEQUENCE} 3010`, 'a0 0111 2022'], `key ${KEY}32021011220122`],
    [
      'a header with extension, apart from its payload',
      [`68 0c${SEQUENCE} 34`, 'd0 08', '90 1011'],
      `key ${KEY}3608021011`,
    ],
    ['OBUs that kept their size field', [`28 0d${KEY} 32021011`], `key ${KEY}32021011`],
    [
      'a temporal delimiter, padding and a tile list',
      [`08 0110 0c${SEQUENCE} 027800 024000 023010`],
      `key ${KEY}320110`,
    ],
    ['an empty temporal unit', ['0a 0110'], 'malformed'],
    ['a length beyond the packet', ['08 7f3010'], 'malformed'],
    ['a length without end', ['08 ffffffffffffffffff'], 'malformed'],
    ['more elements than counted', ['18 0c', '98 11'], 'malformed'],
    ['a continuation of nothing', [`18 ${SEQUENCE}`, '90 11'], 'malformed'],
    ['a fragment that never ends', ['58 3010'], 'malformed'],
    ['a size field that lies', ['18 32051011'], 'malformed'],
    ['a forbidden bit', ['18 b01011'], 'malformed'],
    ['an aggregation header alone', ['18'], 'malformed'],
  ])('are read with %s', (_name, payloads, expected) => {
    expect(assemble(payloads)).toBe(expected);
  });

  it('start nowhere but at a new coded video sequence', () => {
    expect(assemble([`20 0c${SEQUENCE} 301011`])).toBe('packet-loss');
  });
});
