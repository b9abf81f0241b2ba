import { expect, it } from 'vitest';
import type { AudioDataFrame } from './audio-data.ts';
import { fullAudioDataFormat } from './audio-data-format.ts';
import { AudioTap, TapTimeline } from './audio-tap.ts';
import type { TappedBlock } from './tap-node.ts';

const BLOCK = 480;
const START_MS = 5000;

it('tells when each sample was, from the first block on', () => {
  const { frames, run } = observed();
  run(60);

  expect(frames).toHaveLength(60);
  expect(frames[0]).toMatchObject({ timestampUs: START_MS * 1000, sampleIndex: 0, isContinuous: true });
  expect(frames[59]).toMatchObject({ timestampUs: (START_MS + 590) * 1000, sampleIndex: 59 * 160, lostSamples: 0 });
});

it('counts over frames that the graph left out, also in the first quarter of a second', () => {
  const { frames, run, skip } = observed();
  run(10);
  skip(3);
  run(50);

  expect(frames[9]).toMatchObject({ isContinuous: true });
  expect(frames[10]).toMatchObject({ lostSamples: 480, sampleIndex: 13 * 160, timestampUs: (START_MS + 130) * 1000 });
  expect(frames.at(-1)).toMatchObject({ timestampUs: (START_MS + 620) * 1000 });
});

it('counts over time in which the context stood still', () => {
  const { frames, run, stall } = observed();
  run(40);
  stall(200);
  run(80);

  expect(frames.reduce((sum, { lostSamples }) => sum + lostSamples, 0)).toBe(3200);
  expect(frames.at(-1)).toMatchObject({ timestampUs: (START_MS + 119 * 10 + 200) * 1000 });
});

it('gives a tap that begins later the same clock', () => {
  const { run, stall, skip, late } = observed();
  run(40);
  stall(200);
  run(80);
  skip(2);
  run(1);
  late();
  run(1);

  expect(late().at(-1)).toMatchObject({ sampleIndex: 0, timestampUs: (START_MS + 123 * 10 + 200) * 1000 });
});

/** A context at 48 kHz whose blocks of 10 ms come at once, tapped at 16 kHz; the clock of the page is 5 s ahead. */
function observed() {
  let frame = 0;
  let stalledMs = 0;
  const contextMs = (): number => (frame * 1000) / 48_000;
  const context = {
    sampleRate: 48_000,
    getOutputTimestamp: () => ({
      contextTime: (contextMs() + 1) / 1000,
      performanceTime: START_MS + contextMs() + 1 + stalledMs,
    }),
  } as unknown as AudioContext;
  const timeline = new TapTimeline(context);
  const format = fullAudioDataFormat({ sampleRate: 16_000, frameMs: 10 });
  const makeTap = () => ({ tap: new AudioTap({ fromRate: 48_000, format, timeline }), frames: [] as AudioDataFrame[] });
  const first = makeTap();
  let second: ReturnType<typeof makeTap> | undefined;
  let waiting: { block: TappedBlock; lostMs: number }[] = [];
  const run = (blocks: number): void => {
    for (let n = 0; n < blocks; n++) {
      const block = { startFrame: frame, endFrame: frame + BLOCK, planesOf: () => undefined };
      waiting.push({ block, lostMs: timeline.advance(block) });
      frame += BLOCK;
      if (!timeline.isSettled) continue;
      for (const next of waiting) {
        for (const { tap, frames } of second === undefined ? [first] : [first, second]) {
          tap.deliver([new Float32Array(160)], { ...next, give: (made) => frames.push(made) });
        }
      }
      waiting = [];
    }
  };
  const late = (): readonly AudioDataFrame[] => {
    second ??= makeTap();
    return second.frames;
  };
  return {
    frames: first.frames,
    run,
    late,
    skip: (blocks: number) => {
      frame += blocks * BLOCK;
    },
    stall: (ms: number) => {
      stalledMs += ms;
    },
  };
}
