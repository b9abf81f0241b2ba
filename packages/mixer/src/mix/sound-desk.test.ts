import { createAudioDecoder } from '@roomtape/ffmpeg';
import { ticks } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import { describe, expect, it } from 'vitest';
import type { MixFacts } from '../mix-job.ts';
import { FilmTime } from '../plan/film-time.ts';
import { StreamStory } from '../plan/stream-story.ts';
import { at } from '../testing/synthetic-room.ts';
import { loudnessOf, tone } from '../testing/tone.ts';
import { type HeardFeed, SoundDesk } from './sound-desk.ts';
import type { WaitingFrame } from './tape-feed.ts';

const TRACK = {
  kind: 'track-added',
  at: at(0),
  trackId: 2,
  mediaKind: 'audio',
  codec: 'opus',
  clockRate: 48_000,
} as const;
const FILM_SECONDS = 2;

/** A voice without a break, of which the packets of some seconds did not come. */
function feedOf(lost: readonly [number, number], told: readonly TapeEntry[]): HeardFeed {
  const story = new StreamStory();
  for (const entry of [TRACK, ...told]) story.take(entry);
  const audio = tone(50 * (FILM_SECONDS + 1)).flatMap(({ data }, i): WaitingFrame[] => {
    const second = i / 50;
    if (second >= lost[0] && second < lost[1]) return [];
    const pts = ticks(i * 960);
    const frame = { kind: 'frame', trackId: 2, type: 'key', pts, dts: pts, arrivedAt: at(second), data } as const;
    return [{ wall: at(second), frame, added: TRACK, config: undefined, size: undefined, mayReorder: false }];
  });
  return { audio, story };
}

/** Loudness of every 5 ms of a film with one voice, as it is on the film's tape. */
function mixed(feed: HeardFeed, pauses: MixFacts['pauses'] = []): number[] {
  const decoder = createAudioDecoder({ codec: 'opus', channels: 1 });
  const samples: number[] = [];
  const desk = new SoundDesk({
    ...{ channels: 1, bitrate: 64_000, firstPacket: 0, onTenth: () => {}, onSecond: () => {} },
    onPacket: (_, data) => {
      for (const block of decoder.decode(data, 0)) samples.push(...(block.samples[0] ?? []));
    },
  });
  const time = new FilmTime({ startAt: at(0), pauses });
  while (desk.mixedUs < FILM_SECONDS * 1e6) desk.mixBlock([{ inputId: 'ann', feed, gain: 1 }], time);
  desk.close();
  decoder.close();
  return loudnessOf(Float32Array.from(samples), 240);
}

/** The quietest stretch after the voice began and before the film ends. */
const quietest = (levels: readonly number[]): number => Math.min(...levels.slice(20, -20));

const muted = (seconds: number, kind: 'muted' | 'unmuted'): TapeEntry => ({ kind, at: at(seconds), trackId: 2 });

describe('a packet of sound that is lost', () => {
  it('is no silence in the film, wherever in it', () => {
    for (const from of [0.5, 0.7, 0.98, 1.1]) {
      expect(quietest(mixed(feedOf([from, from + 0.02], [])))).toBeGreaterThan(0.1);
      expect(quietest(mixed(feedOf([from, from + 0.06], [])))).toBeGreaterThan(0.03);
    }
  });

  it('is silence where the microphone was off meanwhile, and where the film is cut', () => {
    expect(quietest(mixed(feedOf([1, 1.06], [muted(1.01, 'muted'), muted(1.05, 'unmuted')])))).toBeLessThan(0.005);
    expect(quietest(mixed(feedOf([1, 1.06], [muted(0.9, 'muted'), muted(1.02, 'unmuted')])))).toBeLessThan(0.005);
    const pause = [{ fromAt: at(1), toAt: at(1.5) }];
    expect(quietest(mixed(feedOf([1.5, 1.56], []), pause))).toBeLessThan(0.005);
    expect(quietest(mixed(feedOf([1.2, 1.26], []), pause))).toBeGreaterThan(0.03);
  });
});
