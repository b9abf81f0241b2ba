import { ticks, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlanner } from './planner.ts';
import { EPOCH, frames, inOrder, OPTIONS, run, S, type Timed, trackEntries } from './testing/scripted-tape.ts';

describe('planner', () => {
  it('draws a plain publication', () => {
    const { picture } = run(
      inOrder(
        trackEntries({ trackId: 1, kind: 'video', toUs: 4 * S }),
        trackEntries({ trackId: 2, kind: 'audio', toUs: 4 * S }),
      ),
    );
    expect(picture).toMatchInlineSnapshot(`
      "file 0  4.000 s  closed
        video |########################################| h264 100 frames
        audio |########################################| opus 200 frames"
    `);
  });

  it('draws mute, loss, a late track and a reconnect, each with its reason', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 8 * S, keeps: (us) => us < 2 * S || us >= 4 * S }),
      trackEntries({
        trackId: 2,
        kind: 'audio',
        fromUs: 3 * S,
        toUs: 8 * S,
        keeps: (us) => us < 5 * S || us >= 5.5 * S,
      }),
      trackEntries({ trackId: 3, kind: 'video', fromUs: 10 * S, toUs: 12 * S }),
      trackEntries({ trackId: 4, kind: 'audio', fromUs: 10 * S, toUs: 12 * S }),
      [
        { at: EPOCH + 2 * S + 1, entry: { kind: 'muted', at: unixUs(EPOCH + 2 * S), trackId: 1 } },
        { at: EPOCH + 4 * S - 1, entry: { kind: 'unmuted', at: unixUs(EPOCH + 4 * S), trackId: 1 } },
        {
          at: EPOCH + 5.5 * S,
          entry: {
            kind: 'gap',
            reason: 'network-loss',
            trackId: 2,
            fromAt: unixUs(EPOCH + 5 * S),
            toAt: unixUs(EPOCH + 5.5 * S),
          },
        },
        {
          at: EPOCH + 9.9 * S,
          entry: { kind: 'gap', reason: 'reconnect', fromAt: unixUs(EPOCH + 8 * S), toAt: unixUs(EPOCH + 10 * S) },
        },
      ],
    );
    expect(run(entries).picture).toMatchInlineSnapshot(`
      "file 0  12.000 s  closed
        video |#######mmmmmm##############rrrrrr#######| h264 200 frames  missing muted 2.000 s, reconnect 2.000 s
        audio |nnnnnnnnnn#######n#########rrrrrr#######| opus 325 frames  missing not-started 3.000 s, network-loss 0.500 s, reconnect 2.000 s"
    `);
  });

  it('opens another file where the video codec changes, and cuts the sound at the same point', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 2 * S }),
      trackEntries({ trackId: 2, kind: 'audio', toUs: 4 * S }),
      trackEntries({ trackId: 3, kind: 'video', codec: 'vp8', fromUs: 2 * S, toUs: 4 * S }),
    );
    const { picture, actions } = run(entries);
    expect(picture).toMatchInlineSnapshot(`
      "file 0  2.000 s  closed
        video |########################################| h264 50 frames
        audio |########################################| opus 100 frames
      file 1  2.000 s  closed
        video |########################################| vp8 50 frames
        audio |########################################| opus 100 frames"
    `);
    expect(
      actions
        .filter((action) => action.kind === 'open' || action.kind === 'close')
        .map((action) => `${action.kind} ${action.file}`),
    ).toEqual(['open 0', 'close 0', 'open 1', 'close 1']);
  });

  it('aligns tracks by sender reports although one is 400 ms late on the way', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 4 * S, delayUs: () => 400_000 }),
      trackEntries({ trackId: 2, kind: 'audio', toUs: 4 * S }),
    );
    const { actions } = run(entries);
    const videoAt = frames(actions, 'video').map((frame) => frame.ptsUs);
    const audioAt = frames(actions, 'audio').map((frame) => frame.ptsUs);
    expect(videoAt[0]).toBe(0);
    expect(audioAt[0]).toBe(0);
    expect(videoAt.slice(0, 3)).toEqual([0, 40_000, 80_000]);
  });

  it('ignores a sender report that is far off, and keeps still when the sender sets its clock', () => {
    const video = trackEntries({ trackId: 1, kind: 'video', toUs: 6 * S }).map((timed) =>
      timed.entry.kind === 'clock-anchor' && timed.at > EPOCH + 3 * S
        ? { ...timed, entry: { ...timed.entry, senderAt: unixUs(timed.entry.senderAt + 3600 * S) } }
        : timed,
    );
    const { actions, picture } = run(inOrder(video, trackEntries({ trackId: 2, kind: 'audio', toUs: 6 * S })));
    const times = frames(actions, 'video').map((frame) => frame.ptsUs);
    expect(times).toEqual(times.map((_, i) => i * 40_000));
    expect(picture).toContain('sender-step 1');
  });

  it('lets sound be guessed that was away for a moment, not what was silent for longer or muted', () => {
    const away = (fromUs: number, toUs: number) => (us: number) => us < fromUs || us >= toUs;
    const silences = (keeps: (us: number) => boolean, more: Timed[] = []) => {
      const sound = trackEntries({ trackId: 2, kind: 'audio', toUs: 4 * S, keeps });
      const { actions } = run(inOrder(trackEntries({ trackId: 1, kind: 'video', toUs: 4 * S }), sound, more));
      return actions.flatMap((action) => (action.kind === 'silence' ? [action.isLoss === true] : []));
    };
    const mute = (kind: 'muted' | 'unmuted', us: number): Timed => ({
      at: EPOCH + us,
      entry: { kind, at: unixUs(EPOCH + us), trackId: 2 },
    });

    expect(silences(away(2 * S, 2.04 * S))).toEqual([true]);
    expect(silences(away(2 * S, 2.2 * S))).toEqual([false]);
    expect(silences(away(2 * S, 2.04 * S), [mute('muted', 2 * S), mute('unmuted', 2.04 * S)])).toEqual([false]);
  });

  it('gives valid decode times to reordered pictures', () => {
    const order = [0, 3, 1, 2];
    const video = trackEntries({ trackId: 1, kind: 'video', toUs: 4 * S });
    const head = video.filter(({ entry }) => entry.kind !== 'frame');
    const pictures = video.filter(({ entry }) => entry.kind === 'frame');
    const shuffled = pictures.map((timed, i) => {
      const source = pictures[Math.min(pictures.length - 1, i - (i % 4) + (order[i % 4] ?? 0))];
      if (timed.entry.kind !== 'frame' || source?.entry.kind !== 'frame') return timed;
      return { ...timed, entry: { ...timed.entry, pts: source.entry.pts, dts: source.entry.pts } };
    });
    const placed = frames(run(inOrder(head, shuffled), { ...OPTIONS, media: 'video' }).actions, 'video');
    for (const [i, frame] of placed.entries()) {
      expect(frame.dtsUs).toBeLessThanOrEqual(frame.ptsUs);
      expect(frame.dtsUs).toBeGreaterThan(placed[i - 1]?.dtsUs ?? Number.NEGATIVE_INFINITY);
    }
    expect(placed.map((frame) => frame.ptsUs).sort((a, b) => a - b)).toEqual(placed.map((_, i) => i * 40_000));
  });

  it('never answers with falling decode times, overlapping sound or a frame before the file, whatever arrives', () => {
    const arbitrary = fc.record({
      videoFrom: fc.integer({ min: 0, max: 3 * S }),
      audioFrom: fc.integer({ min: 0, max: 3 * S }),
      jitter: fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 20 }),
      lost: fc.array(fc.integer({ min: 0, max: 5 * S }), { maxLength: 6 }),
      jump: fc.option(
        fc.record({ at: fc.integer({ min: 0, max: 5 * S }), by: fc.integer({ min: -20 * S, max: 20 * S }) }),
      ),
      pause: fc.option(
        fc.record({ from: fc.integer({ min: 0, max: 5 * S }), length: fc.integer({ min: 0, max: 2 * S }) }),
      ),
      reports: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, (c) => {
        const more = {
          toUs: 5 * S,
          reports: c.reports,
          delayUs: (us: number) => c.jitter[Math.round(us / 20_000) % c.jitter.length] ?? 0,
          keeps: (us: number) => !c.lost.some((at) => us >= at && us < at + 200_000),
        };
        const moved = (timed: Timed): Timed => {
          if (c.jump === null || timed.entry.kind !== 'frame' || timed.at < EPOCH + c.jump.at) return timed;
          const pts = ticks(timed.entry.pts + Math.round(c.jump.by * 0.09));
          return { ...timed, entry: { ...timed.entry, pts, dts: pts } };
        };
        const entries = inOrder(
          trackEntries({ trackId: 1, kind: 'video', fromUs: Math.floor(c.videoFrom / 40_000) * 40_000, ...more }).map(
            moved,
          ),
          trackEntries({ trackId: 2, kind: 'audio', fromUs: Math.floor(c.audioFrom / 20_000) * 20_000, ...more }),
        );
        const planner = createPlanner(OPTIONS);
        if (c.pause !== null) {
          const fromAt = unixUs(EPOCH + c.pause.from);
          planner.setPauses([{ fromAt, toAt: unixUs(fromAt + c.pause.length) }]);
        }
        const actions = [...entries.flatMap((entry) => planner.push(entry)), ...planner.finish()];
        const last = { video: Number.NEGATIVE_INFINITY, audio: Number.NEGATIVE_INFINITY };
        let open = false;
        for (const action of actions) {
          if (action.kind === 'open') open = true;
          if (action.kind !== 'frame') continue;
          expect(open).toBe(true);
          expect(action.dtsUs).toBeGreaterThan(last[action.track]);
          expect(action.ptsUs).toBeGreaterThanOrEqual(action.dtsUs);
          expect(action.ptsUs + action.durationUs).toBeGreaterThan(0);
          expect(Number.isFinite(action.durationUs) && action.durationUs > 0).toBe(true);
          last[action.track] = action.dtsUs;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is repeatable: the same entries give the same actions', () => {
    const entries = inOrder(
      trackEntries({ trackId: 1, kind: 'video', toUs: 3 * S, delayUs: (us) => (us * 7) % 90_000 }),
      trackEntries({ trackId: 2, kind: 'audio', toUs: 3 * S }),
    );
    expect(run(entries)).toEqual(run(entries));
  });
});
