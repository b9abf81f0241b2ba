// Scripted tapes for tests of the planner: plain entries with known times, and the planner as an executor drives it.

import { type MediaKind, ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import type { PlannedAction, PlannerOptions } from '../plan.ts';
import { createPlanner } from '../planner.ts';
import { printTimeline } from '../print.ts';

/** Wall time of source time 0, µs. */
export const EPOCH = 1_700_000_000_000_000;
/** A second, µs. */
export const S = 1_000_000;
/** Both tracks from the beginning on. */
export const OPTIONS: PlannerOptions = { media: 'audio-video', startAt: unixUs(EPOCH), transcodesAudio: true };
/** The first byte of an Opus packet with 20 ms of mono. */
const OPUS_MONO_20MS = 0x78;

/** An entry and when it arrived. */
export type Timed = { at: number; entry: TapeEntry };
/** One track: a picture each 40 ms, or 20 ms of sound. */
export type TrackScript = {
  trackId: number;
  kind: MediaKind;
  fromUs?: number;
  toUs: number;
  keeps?: (us: number) => boolean;
  delayUs?: (us: number) => number;
  reports?: boolean;
  codec?: 'h264' | 'vp8' | 'opus';
  /** Pictures from keyframe to keyframe; 25 when absent. */
  gop?: number;
  rid?: string;
};

/** What a tape holds of a track; every frame has another payload. */
export function trackEntries(script: TrackScript): Timed[] {
  const video = script.kind === 'video';
  const { trackId, fromUs = 0 } = script;
  const codec = script.codec ?? (video ? 'h264' : 'opus');
  const clockRate = video ? 90_000 : 48_000;
  const period = video ? S / 25 : 20_000;
  const at = unixUs(EPOCH + fromUs);
  const layer = script.rid === undefined ? {} : { rid: script.rid };
  const added = { kind: 'track-added', at, trackId, mediaKind: script.kind, codec, clockRate, ...layer } as const;
  const out: Timed[] = [{ at, entry: added }];
  if (video)
    out.push({
      at,
      entry: {
        kind: 'config-changed',
        at,
        trackId,
        codecString: 'x',
        width: 64,
        height: 36,
        config: new Uint8Array(4),
      },
    });
  for (let us = fromUs; us < script.toUs; us += period) {
    if (script.keeps?.(us) === false) continue;
    const arrivedAt = unixUs(EPOCH + us + (script.delayUs?.(us) ?? 10_000));
    const pts = ticks(1000 + Math.round((us * clockRate) / S));
    const key = !video || Math.round(us / period) % (script.gop ?? 25) === 0;
    const data = payload(us, video);
    out.push({
      at: arrivedAt,
      entry: { kind: 'frame', trackId, type: key ? 'key' : 'delta', pts, dts: pts, arrivedAt, data },
    });
    if (script.reports !== false && us % S === 0)
      out.push({
        at: arrivedAt,
        entry: { kind: 'clock-anchor', trackId, ticks: pts, senderAt: unixUs(EPOCH + 5 * S + us), arrivedAt },
      });
  }
  return out;
}

function payload(us: number, video: boolean): Uint8Array {
  const data = new Uint8Array(5);
  data[0] = video ? 0 : OPUS_MONO_20MS;
  new DataView(data.buffer).setUint32(1, us);
  return data;
}

/** All entries by arrival. */
export function inOrder(...parts: Timed[][]): TapeEntry[] {
  return parts
    .flat()
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}

/** The planner as an executor sees it: a replan starts over with what was learned. */
export function run(
  entries: readonly TapeEntry[],
  options: PlannerOptions = OPTIONS,
): { actions: PlannedAction[]; picture: string } {
  let knowledge = options.knowledge ?? { files: {} };
  for (let pass = 0; pass < 8; pass += 1) {
    const planner = createPlanner({ ...options, knowledge });
    const actions = [...entries.flatMap((entry) => planner.push(entry)), ...planner.finish()];
    const again = actions.find((action) => action.kind === 'replan');
    if (again === undefined) return { actions, picture: printTimeline(planner.summary(), 40) };
    knowledge = again.knowledge;
  }
  throw new Error('replanned for ever');
}

/** The frames of one kind in the order of the plan. */
export const frames = (actions: readonly PlannedAction[], track: MediaKind) =>
  actions.flatMap((action) => (action.kind === 'frame' && action.track === track ? [action] : []));
