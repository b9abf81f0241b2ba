// One track of a tape as the planner follows it, and what its frames and entries say about themselves.

import {
  type AudioCodec,
  describeConfig,
  opusDurationTicks,
  parseOpusPacket,
  ticksToUs,
  type VideoCodec,
} from '@roomtape/media';
import type { ConfigChanged, FrameEntry, TrackAdded } from '@roomtape/tape';
import type { PlacedFrame } from './lane.ts';
import type { AudioPlan, VideoPlan } from './plan.ts';
import type { Section } from './sections.ts';
import type { SenderClock } from './sender-clock.ts';

/** A track of the tape. */
export type TapeTrack = {
  readonly added: TrackAdded;
  readonly connection: number;
  readonly clock: SenderClock;
  config: ConfigChanged | undefined;
  held: FrameEntry[];
  clockEpoch: number;
  awaitsKey: boolean;
  section: Section | undefined;
  lastUs: number | undefined;
};

/** A frame with its time on our wall clock, µs. */
export type TimedFrame = { readonly track: TapeTrack; readonly frame: FrameEntry; readonly wall: number };

/** Describes a frame at its place on the recording's timeline. */
export function placeFrame(item: TimedFrame, media: number): PlacedFrame {
  const { track, frame, wall } = item;
  const { added, config } = track;
  const behind =
    frame.pts === frame.dts ? undefined : ticksToUs(frame.pts, added.clockRate) - ticksToUs(frame.dts, added.clockRate);
  const size =
    config?.width === undefined || config.height === undefined ? {} : { width: config.width, height: config.height };
  const key = frame.type === 'key';
  const describes = key && added.mediaKind === 'video' ? describeVideo(track) : undefined;
  return {
    kind: added.mediaKind,
    codec: added.codec,
    wall,
    media,
    explicitDts: behind === undefined ? undefined : media - behind,
    ticks: frame.pts,
    clockEpoch: track.clockEpoch,
    connection: track.connection,
    arrivedAt: frame.arrivedAt,
    durationUs: durationOf(added, frame.data),
    key,
    stereo: added.codec === 'opus' ? parseOpusPacket(frame.data)?.stereo === true : (added.channels ?? 1) > 1,
    data: frame.data,
    ...(added.mediaKind === 'video' ? size : {}),
    ...(describes === undefined ? {} : { describes }),
  };
}

/** A tape without configuration entries still has what every keyframe says. */
export function configFrom(added: TrackAdded, frame: FrameEntry): ConfigChanged | undefined {
  const facts = added.mediaKind === 'video' ? describeConfig(added.codec, frame.data) : undefined;
  return facts === undefined
    ? undefined
    : { kind: 'config-changed', at: frame.arrivedAt, trackId: added.trackId, ...facts };
}

/** How long a frame lasts as far as it says itself, µs; 1 for pictures, which do not. */
export function durationOf(added: TrackAdded, data: Uint8Array): number {
  if (added.mediaKind === 'video') return 1;
  if (added.codec === 'opus') return ((opusDurationTicks(data) ?? 960) * 1000) / 48;
  return (1024 * 1_000_000) / added.clockRate;
}

/** The pictures of a track as a header must describe them. */
export function describeVideo(track: TapeTrack | undefined): Omit<VideoPlan, 'reorder'> | undefined {
  if (track === undefined) return undefined;
  const { config, added } = track;
  return {
    codec: added.codec as VideoCodec,
    ...(config?.width === undefined ? {} : { width: config.width }),
    ...(config?.height === undefined ? {} : { height: config.height }),
    ...(config?.config === undefined ? {} : { config: config.config }),
  };
}

/** The sound of a track as a header must describe it. */
export function describeAudio(track: TapeTrack | undefined): Omit<AudioPlan, 'stereo'> | undefined {
  if (track === undefined) return undefined;
  const { config, added } = track;
  return {
    codec: added.codec as AudioCodec,
    clockRate: added.clockRate,
    channels: added.channels ?? 2,
    ...(config?.config === undefined ? {} : { config: config.config }),
  };
}
