// What users of other real-time SDKs know their local recorder to do, row by row, and what ours does in its place. The
// rows that need a server are in `behaviours-live.test.ts`. All scenarios play at the same time in one page, each with
// an engine of its own; the tests then look at what came of them.

import { analyseFile, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeasuredBrowser } from '../../bench/local/measured-browser.ts';
import { type LocalStage, openLocalStage } from '../../bench/local/stage.ts';
import * as pages from './behaviour-pages.ts';
import { readBars, toneLevels } from './local-film.ts';

let stage: LocalStage;
let browser: MeasuredBrowser;
let outcome: {
  readonly overwrite: pages.OverwriteOutcome;
  readonly paths: pages.PathsOutcome;
  readonly turned: pages.TurnedOutcome;
  readonly mixed: pages.MixedOutcome;
  readonly channels: pages.ChannelsOutcome;
  readonly paused: pages.PausedOutcome;
  readonly unplugged: pages.UnpluggedOutcome;
  readonly aligned: pages.AlignedOutcome;
};

beforeAll(async () => {
  stage = await openLocalStage();
  browser = await stage.launch();
  const { run } = await stage.openPage(browser);
  const play = <T>(body: string): Promise<T> => run<T>(pages.SCENE + body, { url: stage.receiver.url });
  // One after the other: both have little to do, and all at once would be more than two cores can.
  const pathsAndAligned = async () =>
    [await play<pages.PathsOutcome>(pages.PATHS), await play<pages.AlignedOutcome>(pages.ALIGNED)] as const;
  const [overwrite, [paths, aligned], turned, mixed, channels, paused, unplugged] = await Promise.all([
    play<pages.OverwriteOutcome>(pages.OVERWRITE),
    pathsAndAligned(),
    play<pages.TurnedOutcome>(pages.TURNED),
    play<pages.MixedOutcome>(pages.MIXED),
    play<pages.ChannelsOutcome>(pages.CHANNELS),
    play<pages.PausedOutcome>(pages.PAUSED),
    play<pages.UnpluggedOutcome>(pages.UNPLUGGED),
  ]);
  outcome = { overwrite, paths, turned, mixed, channels, paused, unplugged, aligned };
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, 30_000);

const film = (name: string): string => stage.receiver.pathOf(name);

describe('local recording', () => {
  it('1 preview only: needs no login and no publishing, and tells recording, then success', () => {
    expect(outcome.overwrite.states.slice(0, 2)).toEqual(['recording', 'success']);
  });

  it('2 a path that exists: the new recording replaces the old one, which stays until then', () => {
    const [first, second] = ['first.mp4', 'second.mp4'].map((name) => readRecording(film(name)).video?.frames ?? []);

    expect(second?.[0]?.counter).toBeGreaterThan(first?.at(-1)?.counter ?? Number.NaN);
    expect(outcome.overwrite.states).toEqual(['recording', 'success', 'recording', 'success']);
    expect(outcome.overwrite.kept).toEqual(['same.mp4']);
    expect(outcome.overwrite.keptBytes).toBe(outcome.overwrite.secondBytes);
  });

  it('2 a path that exists: `fail` refuses and keeps what is there, `rename` finds another name', () => {
    expect(outcome.overwrite.refusal).toEqual({ thrown: 'RECORD_FILE_EXISTS', told: 'RECORD_FILE_EXISTS' });
    expect(outcome.overwrite.renamed).toBe('same (1).mp4');
  });

  it.each(pages.BAD_CONFIGS)('3 $what: $code, thrown and told in the state callback', ({ what, code }) => {
    const found = outcome.paths.found.find((path) => path.what === what);

    expect(found).toEqual({ what, thrown: code, told: code, state: 'no-record' });
  });

  it('5 a channel without preview has nothing to record; custom capture is recorded once it is previewed', () => {
    const found = outcome.paths.found.find(({ what }) => what === 'no preview');

    expect(found?.thrown).toBe('RECORD_NOTHING_TO_RECORD');
    expect(outcome.overwrite.states).toContain('success');
  });

  it.each(['turned.mp4', 'turned.flv'])(
    '6, 7, 12 size and orientation change while it records: %s keeps its canvas, bars are black, nothing is green',
    (name) => {
      const facts = readRecording(film(name));
      const bars = readBars(film(name), { left: 218, right: 420 });

      expect(facts.video?.decodeErrorCount).toBe(0);
      expect(facts.video?.sizes).toEqual(['640x360']);
      expect(bars.portraitPictures).toBeGreaterThan(10);
      expect(bars.worstLumaOffBlack).toBeLessThan(24);
      expect(bars.worstChromaOffGrey).toBeLessThan(24);
    },
  );

  it.each(['turned.mp4', 'turned.flv'])('6 a picture of another shape is shown whole in %s, not stretched', (name) => {
    const tile = { x: 218, y: 0, width: 202, height: 360 };
    const portrait = readRecording(film(name), { tile }).video?.frames ?? [];
    const landscape = readRecording(film(name)).video?.frames ?? [];
    const read = (frames: typeof portrait): number => frames.filter(({ counter }) => counter !== undefined).length;

    expect(read(portrait)).toBeGreaterThan(10);
    expect(read(landscape)).toBeGreaterThan(10);
    expect(read(portrait) + read(landscape)).toBeGreaterThan(landscape.length * 0.9);
  });

  it('9, 10 what is mixed into the published stream is in the file; what is only played here is not', () => {
    const levels = toneLevels(film('mixed.mp4'), Object.values(pages.TONES));
    const isHeard = (hertz: number): boolean => (levels.get(hertz) ?? 0) > 0.05;
    const heard = Object.fromEntries(Object.entries(pages.TONES).map(([name, hertz]) => [name, isHeard(hertz)]));

    expect(heard, JSON.stringify([...levels])).toEqual({
      captured: true,
      playerMixed: true,
      playerOnlyHere: false,
      effectMixed: true,
      effectOnlyHere: false,
      pcmMixed: true,
    });
  });

  it('10 mixing goes into the channel that was named, and into no other', () => {
    const levels = toneLevels(film('unmixed.mp4'), Object.values(pages.TONES));

    expect(levels.get(pages.TONES.captured)).toBeGreaterThan(0.05);
    expect(levels.get(pages.TONES.playerMixed)).toBeLessThan(0.01);
    expect(levels.get(pages.TONES.pcmMixed)).toBeLessThan(0.01);
  });

  it('11 H.265 that cannot be encoded is refused at the start: no second file under another name', () => {
    const refused = ['mp4', 'flv'].map((suffix) =>
      outcome.paths.found.find(({ what }) => what === `H.265 in .${suffix}`),
    );

    expect(refused.map((one) => one?.thrown)).toEqual(['NOT_SUPPORTED', 'RECORD_CODEC_NOT_ALLOWED']);
    expect(outcome.overwrite.all.filter((path) => path.startsWith('h265'))).toEqual([]);
  });

  it('11 H.265 that may be H.264 where it is missing: told beside `recording`, and one whole file', () => {
    const [mp4, flv] = ['codec.mp4', 'codec.flv'].map((name) => readRecording(film(name)));

    expect(outcome.paths.codec.told).toEqual(
      ['codec.mp4', 'codec.flv'].flatMap((name) => [`${name} recording RECORD_CODEC_FALLBACK`, `${name} success`]),
    );
    expect(outcome.paths.codec.all.toSorted()).toEqual(['codec.flv', 'codec.mp4']);
    for (const facts of [mp4, flv]) {
      expect(facts?.video).toMatchObject({ codec: 'h264', decodeErrorCount: 0 });
      expect(facts?.video?.frames.length).toBeGreaterThan(10);
    }
  });

  it('13 the media player plays what was recorded, with its length', () => {
    const { playedMs, positionMs } = outcome.mixed.played;
    const lengthMs = readRecording(film('mixed.mp4')).durationUs / 1000;

    expect(Math.abs(playedMs - lengthMs)).toBeLessThan(50);
    expect(positionMs).toBeGreaterThan(300);
  });

  it('14 channels record independently: each has its start, stop, callbacks and file', () => {
    const { states, progress } = outcome.channels;
    const [main, aux] = ['main.mp4', 'aux.flv'].map((name) => readRecording(film(name)).durationUs / 1000);

    expect(states).toEqual(['main recording', 'aux recording', 'main success', 'aux success']);
    expect(main).toBeGreaterThan(1_700);
    expect(aux).toBeGreaterThan(1_700);
    expect(progress.main).toBeGreaterThanOrEqual(4);
    expect(progress.aux).toBeGreaterThanOrEqual(4);
    expect(outcome.channels.last).toMatchObject({
      durationMs: expect.any(Number),
      currentFileBytes: expect.any(Number),
    });
  });

  it('15 voice and what is mixed in, apart: pairs of frames that belong together, and the voice alone in the file', () => {
    const { pairs, pairsAfterwards, mismatches, levels } = outcome.aligned;
    const [voice, both] = ['voice.aac', 'both.aac'].map((name) => toneLevels(film(name), Object.values(pages.TONES)));

    expect(pairs).toBeGreaterThan(30);
    expect(pairsAfterwards).toBe(0);
    expect(mismatches).toBe(0);
    for (const { own, other } of [levels.voice, levels.aux]) {
      expect(own).toBeGreaterThan(0.05);
      expect(other).toBeLessThan(0.01);
    }
    expect(voice?.get(pages.TONES.captured)).toBeGreaterThan(0.05);
    expect(voice?.get(pages.TONES.playerMixed)).toBeLessThan(0.01);
    expect(both?.get(pages.TONES.playerMixed)).toBeGreaterThan(0.05);
  });

  it('pause and resume: one file, closed up, in step behind the joint', () => {
    const analysis = analyseFile(film('paused.mp4'), {
      ...{ cutsMax: 1, missingFramesMax: 40, cadenceMsMax: 40, offsetMsMax: 25, participantIndex: 0 },
      spans: [{ fromS: 0, toS: 60, flash: 'optional', beep: 'optional' }],
    });

    expect(outcome.paused.states).toEqual(['recording', 'paused', 'recording', 'success']);
    expect(Math.abs(analysis.durationMs - outcome.paused.recordedMs)).toBeLessThan(250);
    expect(analysis.faults).toEqual([]);
  });

  it('a track that ends while it records: said in the state, the file goes on with silence and the last picture', () => {
    const facts = readRecording(film('unplugged.mp4'));

    expect(outcome.unplugged.told).toContain('recording RECORD_TRACK_ENDED');
    expect(outcome.unplugged.told.at(-1)).toBe('success undefined');
    expect(Math.abs(facts.durationUs / 1000 - outcome.unplugged.recordedMs)).toBeLessThan(250);
    expect(facts.audio?.holes).toEqual([]);
    expect((facts.audio?.span.toUs ?? 0) / 1000).toBeGreaterThan(outcome.unplugged.recordedMs - 250);
  });
});
