import { ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewFileLimit, PlannedAction, PlannedFrame, PlannerOptions } from './plan.ts';
import { createPlanner } from './planner.ts';
import { EPOCH, frames, inOrder, OPTIONS, run, S, trackEntries } from './testing/scripted-tape.ts';

const limited = (newFile: NewFileLimit, more: Partial<PlannerOptions> = {}): PlannerOptions => ({
  ...OPTIONS,
  ...more,
  newFile,
});
const filesOf = (actions: readonly PlannedAction[]) => actions.flatMap((a) => (a.kind === 'open' ? [a] : []));
const nameOf = ({ data }: PlannedFrame): string => Buffer.from(data).toString('hex');
const names = (actions: readonly PlannedAction[], track: 'video' | 'audio') => frames(actions, track).map(nameOf);
const inFile = (actions: readonly PlannedAction[], track: 'video' | 'audio', file: number) =>
  frames(actions, track).filter((frame) => frame.file === file);

const talk = (toUs: number, gop = 25): TapeEntry[] =>
  inOrder(trackEntries({ trackId: 1, kind: 'video', toUs, gop }), trackEntries({ trackId: 2, kind: 'audio', toUs }));

describe('a new file', () => {
  it('begins with the first keyframe after so much media, with the sound of the same moment', () => {
    const { actions, picture } = run(talk(10 * S, 35), limited({ afterUs: 3 * S }));

    expect(picture).toMatchInlineSnapshot(`
      "file 0  4.200 s  closed
        video |########################################| h264 105 frames
        audio |########################################| opus 210 frames
      file 1  4.200 s  closed
        video |########################################| h264 105 frames
        audio |########################################| opus 210 frames
      file 2  1.600 s  closed
        video |########################################| h264 40 frames
        audio |########################################| opus 80 frames"
    `);
    expect(filesOf(actions).map((file) => file.startedAt - EPOCH - 10_000)).toEqual([0, 4.2 * S, 8.4 * S]);
    for (const file of [0, 1, 2]) {
      expect(inFile(actions, 'video', file)[0]).toMatchObject({ key: true, ptsUs: 0 });
      expect(inFile(actions, 'audio', file)[0]?.ptsUs).toBeLessThan(20_000);
    }
  });

  it('is waited for at a keyframe once the limit is reached', () => {
    const planner = createPlanner(limited({ afterUs: 3 * S }));
    const waitsMs: number[] = [];
    for (const entry of talk(10 * S, 125)) {
      const wasAwaited = planner.awaitsKeyframe;
      planner.push(entry);
      if (entry.kind === 'frame' && planner.awaitsKeyframe !== wasAwaited)
        waitsMs.push((entry.arrivedAt - EPOCH) / 1000);
    }
    const [fromMs = 0, toMs = 0, ...more] = waitsMs;

    expect(more).toHaveLength(1);
    expect(Math.abs(fromMs - 3000)).toBeLessThan(100);
    expect(Math.abs(toMs - 5000)).toBeLessThan(100);
  });

  it('begins at any packet where there is only sound', () => {
    const sound = trackEntries({ trackId: 2, kind: 'audio', toUs: 10 * S }).map(({ entry }) => entry);
    const { actions } = run(sound, limited({ afterUs: 3 * S }, { media: 'audio' }));

    expect(filesOf(actions).map((file) => file.startedAt - EPOCH - 10_000)).toEqual([0, 3 * S, 6 * S, 9 * S]);
    expect(inFile(actions, 'audio', 1)[0]?.ptsUs).toBe(0);
  });

  it('begins after so many bytes, re-encoded sound counted as what it becomes', () => {
    const bytes = run(talk(10 * S), limited({ afterBytes: 200 }, { transcodesAudio: false }));
    // 25 pictures and 50 packets of 5 bytes each a second: at the first keyframe.
    expect(filesOf(bytes.actions)).toHaveLength(10);
    const rates = { mono: 100, stereo: 200 };
    const counted = run(talk(10 * S), limited({ afterBytes: 200, soundBytesPerSecond: rates }));
    // 225 bytes a second.
    expect(filesOf(counted.actions)).toHaveLength(10);
    const larger = run(talk(10 * S), limited({ afterBytes: 460, soundBytesPerSecond: rates }));
    expect(filesOf(larger.actions)).toHaveLength(4);
  });

  it('gives the decoder of its sound what came just before, and what reaches over the cut', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 6 * S }),
      // Packets that are not in step with the pictures.
      trackEntries({ trackId: 2, kind: 'audio', toUs: 6 * S, fromUs: 8000 }),
    );
    const { actions } = run(entries, limited({ afterUs: 2 * S }));
    const leadIn = actions.flatMap((action) => (action.kind === 'lead-in' && action.file === 1 ? [action.ptsUs] : []));

    expect(leadIn).toEqual([-92_000, -72_000, -52_000, -32_000, -12_000]);
    expect(inFile(actions, 'audio', 1)[0]?.ptsUs).toBe(8000);
    expect(actions.filter((action) => action.kind === 'silence' && action.file > 0)).toEqual([]);
  });

  it('waits for sound that is late on its way to the cut', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 8 * S }),
      trackEntries({ trackId: 2, kind: 'audio', toUs: 8 * S, delayUs: () => 1_500_000 }),
    );
    const whole = run(entries);
    const { actions, picture } = run(entries, limited({ afterUs: 3 * S }));

    expect(names(actions, 'audio')).toEqual(names(whole.actions, 'audio'));
    expect(picture).not.toContain('missing');
  });

  it('does not begin with a keyframe that pictures shown earlier follow', () => {
    const tape = inOrder(trackEntries({ trackId: 1, kind: 'video', toUs: 6 * S }));
    const isOdd = (entry: TapeEntry | undefined): boolean =>
      entry?.kind === 'frame' && entry.type === 'key' && Math.floor((entry.pts - 1000) / 90_000) % 2 === 1;
    // In every odd second the keyframe changes its time with the picture that is sent after it.
    const at = (ticksLater: number, entry: TapeEntry): TapeEntry =>
      entry.kind === 'frame'
        ? { ...entry, pts: ticks(entry.pts + ticksLater), dts: ticks(entry.dts + ticksLater) }
        : entry;
    let isAfterOdd = false;
    const entries = tape.map((entry) => {
      if (entry.kind !== 'frame') return entry;
      const moved = isOdd(entry) ? at(3600, entry) : isAfterOdd ? at(-3600, entry) : entry;
      isAfterOdd = isOdd(entry);
      return moved;
    });
    const options = { media: 'video' } as const;
    const { actions } = run(entries, limited({ afterUs: S }, options));

    expect(filesOf(actions).map((file) => Math.round((file.startedAt - EPOCH) / S))).toEqual([0, 2, 4]);
    expect(names(actions, 'video')).toEqual(names(run(entries, { ...OPTIONS, ...options }).actions, 'video'));
  });

  it('ends without pictures at any packet once the camera is gone, and begins again where pictures come', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 5 * S }),
      [
        {
          at: EPOCH + 5 * S + 1,
          entry: { kind: 'track-ended', at: unixUs(EPOCH + 5 * S), trackId: 1, reason: 'gone' },
        },
      ],
      trackEntries({ trackId: 2, kind: 'audio', toUs: 20 * S }),
      trackEntries({ trackId: 3, kind: 'video', fromUs: 14 * S, toUs: 20 * S }),
    );
    const whole = run(entries);
    const { actions, picture } = run(entries, limited({ afterUs: 4 * S }));

    expect(picture).toMatchInlineSnapshot(`
      "file 0  4.000 s  closed
        video |########################################| h264 100 frames
        audio |########################################| opus 200 frames
      file 1  4.000 s  closed
        video |##########iiiiiiiiiiiiiiiiiiiiiiiiiiiiii| h264 25 frames  missing idle 3.000 s
        audio |########################################| opus 200 frames
      file 2  4.000 s  closed
        audio |########################################| opus 200 frames
      file 3  2.000 s  closed
        audio |########################################| opus 101 frames
      file 4  4.000 s  closed
        video |########################################| h264 100 frames
        audio |########################################| opus 199 frames
      file 5  2.000 s  closed
        video |########################################| h264 50 frames
        audio |########################################| opus 100 frames"
    `);
    for (const track of ['video', 'audio'] as const) expect(names(actions, track)).toEqual(names(whole.actions, track));
  });

  it('loses and doubles no frame, whatever arrives and wherever it is cut', () => {
    const arbitrary = fc.record({
      limit: fc.record(
        { afterUs: fc.integer({ min: 200_000, max: 5 * S }), afterBytes: fc.integer({ min: 100, max: 3000 }) },
        { requiredKeys: [] },
      ),
      gop: fc.integer({ min: 1, max: 60 }),
      videoFrom: fc.integer({ min: 0, max: 3 * S }),
      audioFrom: fc.integer({ min: 0, max: 3 * S }),
      jitter: fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 20 }),
      lost: fc.array(fc.integer({ min: 0, max: 7 * S }), { maxLength: 6 }),
      pause: fc.option(
        fc.record({ from: fc.integer({ min: 0, max: 5 * S }), length: fc.integer({ min: 0, max: 2 * S }) }),
      ),
      reports: fc.boolean(),
      transcodesAudio: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ limit, gop, jitter, lost, pause, reports, transcodesAudio, ...from }) => {
        const more = {
          toUs: 8 * S,
          reports,
        };
        // What is sent later arrives later, however long it takes.
        const delays = (): ((us: number) => number) => {
          let last = 0;
          return (us) => {
            last = Math.max(last, us + (jitter[Math.round(us / 20_000) % jitter.length] ?? 0));
            return last - us;
          };
        };
        const entries = inOrder(
          trackEntries({
            trackId: 1,
            kind: 'video',
            delayUs: delays(),
            gop,
            fromUs: Math.floor(from.videoFrom / 40_000) * 40_000,
            ...more,
          }),
          trackEntries({
            ...{ trackId: 2, kind: 'audio', fromUs: from.audioFrom, delayUs: delays(), ...more },
            keeps: (us) => !lost.some((at) => us >= at && us < at + 400_000),
          }),
          pause === null ? [] : pauseEntries(pause.from, pause.length),
        );
        const options = { ...OPTIONS, transcodesAudio };
        const whole = run(entries, options);
        const { actions, picture } = run(entries, { ...options, newFile: limit });
        // Of packets that overlap after a jump one is not taken; which one may depend on where the file was cut.
        const overlaps = `${picture} ${whole.picture}`.includes('overlap');
        expectSame(names(actions, 'video'), names(whole.actions, 'video'));
        if (overlaps) expectOnce(names(actions, 'audio'), names(whole.actions, 'audio'));
        else expectSame(names(actions, 'audio'), names(whole.actions, 'audio'));
        for (const { file, plan } of filesOf(actions)) {
          if (plan.video !== undefined && file > 0)
            expect(inFile(actions, 'video', file)[0]).toMatchObject({ key: true, ptsUs: 0 });
        }
        if (pause === null && !overlaps) expectSame(walls(actions), walls(whole.actions));
      }),
      {
        numRuns: 40,
        examples: [
          [
            {
              ...{
                limit: { afterUs: 200_000 },
                gop: 1,
                videoFrom: 1_320_000,
                audioFrom: 0,
                jitter: [0, 0, 137_603, 0],
              },
              ...{ lost: [3_200_001, 1_640_001], pause: { from: 3_618_004, length: 1_839_599 } },
              ...{ reports: false, transcodesAudio: false },
            },
          ],
        ],
      },
    );
  });
});

/**
 * Equal but for the last moment: a recording ends where both tracks have something, as far as that is not planned yet,
 * and what waits for a cut is not.
 */
function expectSame<T>(actual: readonly T[], wanted: readonly T[]): void {
  const both = Math.min(actual.length, wanted.length);
  expect(Math.max(actual.length, wanted.length) - both).toBeLessThanOrEqual(25);
  expect(actual.slice(0, both)).toEqual(wanted.slice(0, both));
}

/** As many, each once, but for the last moment. */
function expectOnce<T>(actual: readonly T[], wanted: readonly T[]): void {
  expect(new Set(actual).size).toBe(actual.length);
  expect(Math.abs(actual.length - wanted.length)).toBeLessThanOrEqual(25);
}

function pauseEntries(from: number, length: number): { at: number; entry: TapeEntry }[] {
  const [fromAt, toAt] = [unixUs(EPOCH + from), unixUs(EPOCH + from + length)];
  return [
    { at: fromAt, entry: { kind: 'paused', at: fromAt } },
    { at: toAt, entry: { kind: 'resumed', at: toAt } },
  ] as { at: number; entry: TapeEntry }[];
}

/** When each picture was taken, to the ms: the start of its file and its time there. */
function walls(actions: readonly PlannedAction[]): number[] {
  const starts = filesOf(actions).map(({ startedAt }) => startedAt);
  return frames(actions, 'video').map(({ file, ptsUs }) => Math.round(((starts[file] ?? 0) + ptsUs - EPOCH) / 1000));
}
