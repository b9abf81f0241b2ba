import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { chooseRecordedLayer } from './recorded-layer.ts';

const now = unixUs(100_000_000);
const layer = (bitrateBps: number, liveForUs = 10_000_000) => ({
  bitrateBps,
  live: liveForUs > 0,
  liveSince: unixUs(now - liveForUs),
});

describe('chooseRecordedLayer', () => {
  it.each([
    ['takes the best live layer at first', [layer(100), layer(500), layer(900, 0)], -1, 1],
    ['stays with the best', [layer(100), layer(500)], 1, -1],
    ['stays with one that is nearly as good', [layer(450), layer(500)], 0, -1],
    ['waits until a better one has settled', [layer(100), layer(500, 200_000)], 0, -1],
    ['moves up to a better one', [layer(100), layer(500)], 0, 1],
    ['leaves a dead one at once', [layer(100, 200_000), layer(500, 0)], 1, 0],
    ['stays when all are dead', [layer(0, 0), layer(0, 0)], 1, -1],
  ])('%s', (_, layers, current, expected) => {
    expect(chooseRecordedLayer(layers, current, now)).toBe(expected);
  });
});
