import { type MixRequest, type MixSettings, parseMixRequest } from '@roomtape/api';
import { unixUs } from '@roomtape/media';
import { LEFT_REASONS, type TapeEntry } from '@roomtape/tape';
import { describe, expect, it } from 'vitest';
import type { MixFacts, MixStream } from '../mix-job.ts';
import { FilmTime } from './film-time.ts';
import { planMix, printPlan } from './mix-plan.ts';
import { StreamStory } from './stream-story.ts';

const START = 1_800_000_000_000_000;
const at = (seconds: number) => unixUs(START + seconds * 1e6);

function settings(request: MixRequest): MixSettings {
  return parseMixRequest({ canvas: { width: 320, height: 180, fps: 10 }, ...request }) as MixSettings;
}

function stream(name: string, order: number, more: Partial<MixStream> = {}): MixStream {
  const ids = { inputId: name, streamId: name, userId: name, userName: name };
  return { ...ids, kind: 'camera', joinedOrder: order, tapeDirectory: '/nowhere', joinedAt: at(0), ...more };
}

function story(...entries: readonly TapeEntry[]): StreamStory {
  const told = new StreamStory();
  for (const entry of entries) told.take(entry);
  return told;
}

const VIDEO = { mediaKind: 'video', codec: 'h264', clockRate: 90_000 } as const;
const track = (seconds: number, mediaKind: 'audio' | 'video'): TapeEntry => {
  const [trackId, codec, clockRate] =
    mediaKind === 'video' ? ([1, 'h264', 90_000] as const) : ([2, 'opus', 48_000] as const);
  return { kind: 'track-added', at: at(seconds), trackId, mediaKind, codec, clockRate };
};

describe('mix plan', () => {
  it('follows joins, leaves, mutes, layouts, volumes and pauses', () => {
    const facts: MixFacts = {
      startAt: at(0),
      stopAt: at(12),
      pauses: [{ fromAt: at(6), toAt: at(8) }],
      settings: [
        { at: at(0), settings: settings({ layout: { mode: 'tile' } }) },
        { at: at(7), settings: settings({ layout: { mode: 'vertical' }, audio: { volumes: { ben: 50 } } }) },
      ],
      streams: [
        stream('ann', 0),
        stream('ben', 1, { joinedAt: at(2), leftAt: at(10) }),
        stream('cat', 2, { joinedAt: at(3) }),
      ],
    };
    const stories = new Map([
      ['ann', story(track(0, 'video'), track(0, 'audio'), { kind: 'muted', at: at(1), trackId: 2 })],
      ['ben', story(track(2.5, 'video'), track(2.5, 'audio'), { kind: 'muted', at: at(5), trackId: 1 })],
      ['cat', story(track(3, 'audio'))],
    ]);
    expect(printPlan(planMix(facts, stories))).toMatchInlineSnapshot(`
      "100 frames, 10 a second
      0–10 tile, heard: ann
        ann 0,0 320x180 fill
      10–25 tile, heard: nobody
        ann 0,0 320x180 fill
      25–30 tile, heard: ben
        ann 0,0 160x180 fill
        ben 160,0 160x180 fill
      30–50 tile, heard: ben cat
        ann 0,0 160x90 fill
        ben 160,0 160x90 fill
        cat 0,90 160x90 fill
      50–60 tile, heard: ben cat
        ann 0,0 160x90 fill
        ben 160,0 160x90 fill, dark
        cat 0,90 160x90 fill
      60–80 vertical, heard: ben 50 % cat
        ann 0,0 240x180 fit
        ben 240,0 80x46 fill, dark
        cat 240,46 80x44 fill
      80–100 vertical, heard: cat
        ann 0,0 240x180 fit
        cat 240,0 80x46 fill"
    `);
  });

  it('has no span twice while nothing changes, and none beyond what is known', () => {
    const open: MixFacts = {
      startAt: at(0),
      pauses: [{ fromAt: at(3) }],
      settings: [{ at: at(0), settings: settings({}) }],
      streams: [stream('ann', 0)],
    };
    const plan = planMix(open, new Map([['ann', story(track(0, 'video'))]]));
    expect(plan.spans.map(({ fromFrame, toFrame }) => [fromFrame, toFrame])).toEqual([[0, 30]]);
  });

  it('gives a stream that comes back its place, and keeps one that left only while it stays away', () => {
    const facts: MixFacts = {
      startAt: at(0),
      stopAt: at(4),
      pauses: [],
      settings: [{ at: at(0), settings: settings({ layout: { mode: 'tile', fillBlank: true } }) }],
      streams: [
        stream('ann', 0, { leftAt: at(1) }),
        stream('ben', 1),
        { ...stream('ann', 0, { joinedAt: at(2) }), inputId: 'ann-again' },
      ],
    };
    const both = story(track(0, 'video'));
    const plan = planMix(
      facts,
      new Map([
        ['ann', both],
        ['ben', both],
        ['ann-again', story(track(2, 'video'))],
      ]),
    );
    const cast = plan.spans.map(
      ({ fromFrame, scene }) => `${fromFrame}: ${scene.tiles.map((tile) => tile.inputId).join(' ')}`,
    );
    expect(cast).toEqual(['0: ann ben', '10: ann ben', '20: ann-again ben']);
    expect(plan.spans.map(({ scene }) => [...scene.dark])).toEqual([[], ['ann'], []]);
  });

  it('shows who has a camera with its picture, and who has none with initials or not at all', () => {
    const facts = (audioOnly: 'avatar' | 'none'): MixFacts => ({
      ...{ startAt: at(0), stopAt: at(4), pauses: [] },
      settings: [{ at: at(0), settings: settings({ layout: { mode: 'tile', audioOnly } }) }],
      streams: [stream('ann', 0), stream('ben', 1), stream('cat', 2)],
    });
    const stories = new Map([
      ['ann', story(track(0, 'audio'), track(0.8, 'video'))],
      ['ben', story(track(0.2, 'audio'))],
      ['cat', story(track(1, 'audio'), track(2.5, 'video'))],
    ]);
    const cast = (audioOnly: 'avatar' | 'none') =>
      planMix(facts(audioOnly), stories).spans.map(({ fromFrame, scene }) => {
        const tiles = scene.tiles.map((tile) => `${tile.inputId}${tile.placeholder === 'avatar' ? '*' : ''}`);
        return `${fromFrame}: ${tiles.join(' ')}`;
      });
    expect(cast('avatar')).toEqual(['0: ', '2: ben*', '8: ann ben*', '10: ann ben* cat*', '25: ann ben* cat']);
    expect(cast('none')).toEqual(['0: ', '2: ', '8: ann', '10: ann', '25: ann cat']);
  });

  it('takes who left from the screen at once, waits for who was cut off, and takes back who comes again', () => {
    const ended = (seconds: number, trackId: number, reason: string): TapeEntry => ({
      ...{ kind: 'track-ended', at: at(seconds), trackId, reason },
    });
    const facts: MixFacts = {
      ...{ startAt: at(0), stopAt: at(6), pauses: [], streams: [stream('ann', 0), stream('ben', 1)] },
      settings: [{ at: at(0), settings: settings({ layout: { mode: 'tile' } }) }],
    };
    const again: TapeEntry = { kind: 'track-added', at: at(5), trackId: 3, ...VIDEO };
    const stories = new Map([
      ['ann', story(track(0, 'video'), ended(2, 1, LEFT_REASONS.byClient), again)],
      ['ben', story(track(0, 'video'), ended(3, 1, 'connection lost'))],
    ]);
    const plan = planMix(facts, stories);
    const cast = plan.spans.map(
      ({ fromFrame, scene }) => `${fromFrame}: ${scene.tiles.map(({ inputId }) => inputId).join(' ')}`,
    );
    expect(cast).toEqual(['0: ann ben', '20: ben', '30: ben', '50: ann ben']);
    expect(plan.spans.map(({ scene }) => [...scene.dark])).toEqual([[], ['ann'], ['ann', 'ben'], ['ben']]);
  });
});

describe('film time', () => {
  it('closes pauses up, both ways, and knows no moment within them', () => {
    const time = new FilmTime({
      startAt: at(10),
      stopAt: at(30),
      pauses: [
        { fromAt: at(12), toAt: at(15) },
        { fromAt: at(14), toAt: at(20) },
      ],
    });
    expect(time.knownUs).toBe(12e6);
    expect([0, 1.999e6, 2e6, 5e6].map((us) => (time.wallOf(us) - START) / 1e6)).toEqual([10, 11.999, 20, 23]);
    expect([9, 10, 11.5, 12, 19, 20, 29, 30].map((s) => time.filmOf(at(s)))).toEqual([
      undefined,
      0,
      1.5e6,
      undefined,
      undefined,
      2e6,
      11e6,
      undefined,
    ]);
  });
});
