import { describe, expect, it } from 'vitest';
import { Interleaver } from './interleaver.ts';

const packet = (ptsUs: number) => ({ bytes: new Uint8Array(), ptsUs, durationUs: 20_000, isKeyframe: true });
const times = (packets: readonly { packet: { ptsUs: number } }[]) => packets.map((each) => each.packet.ptsUs);

describe('Interleaver', () => {
  it('gives packets in order of time, pictures first, as soon as both tracks are there', () => {
    const interleaver = new Interleaver(['video', 'audio'], 400_000);

    expect(interleaver.push('video', packet(0))).toEqual([]);
    expect(interleaver.push('video', packet(33_000))).toEqual([]);
    expect(times(interleaver.push('audio', packet(0)))).toEqual([0, 0]);
    expect(times(interleaver.push('audio', packet(40_000)))).toEqual([33_000]);
    expect(times(interleaver.flush())).toEqual([40_000]);
  });

  it('does not wait for ever for a track that is silent, nor for one that will never come', () => {
    const waiting = new Interleaver(['video', 'audio'], 100_000);
    const given = [0, 50_000, 100_000, 150_000, 200_000].map((us) => times(waiting.push('video', packet(us))));
    expect(given).toEqual([[], [], [], [0], [50_000]]);

    const alone = new Interleaver(['audio'], 100_000);
    expect(times(alone.push('audio', packet(0)))).toEqual([0]);
  });
});
