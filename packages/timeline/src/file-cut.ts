// When a file has become long or large enough that another one is to go on, and what that one must know of it. The
// answer depends on the frames alone, so that every pass over a tape cuts at the same ones.

import type { MediaKind } from '@roomtape/media';
import type { Lane, PlacedFrame } from './lane.ts';
import type { AudioPlan, FilePlan, NewFileLimit } from './plan.ts';

/** What a file takes over from the one it goes on from. */
export type Carried = {
  /** Sound goes on as it was described, so that no file differs from the others without need. */
  readonly audio: AudioPlan | undefined;
  readonly reorder: number;
  readonly tracks: Readonly<Partial<Record<MediaKind, CarriedTrack>>>;
  /** The last packets of sound before the cut: a decoder must have seen them, and the last one may reach over it. */
  readonly leadIn: readonly PlacedFrame[];
};

/** What a track was like before the cut. */
export type CarriedTrack = {
  /** Up to here, on the recording's timeline, it is in the file before, µs. */
  readonly endMedia: number;
  readonly connection: number;
  readonly nominalUs: number;
  readonly spacingUs: number;
  /** For how long it was away by itself, in all files, µs. */
  readonly absentUs: number;
};

/** What the next file must know of the tracks of one that ends. */
export function carriedOf(
  lanes: readonly (Lane | undefined)[],
  facts: Pick<Carried, 'leadIn'> & {
    readonly plan: FilePlan | undefined;
    readonly before: Carried | undefined;
    readonly originMedia: number;
  },
): Carried {
  const { plan, before, originMedia, leadIn } = facts;
  const tracks: Partial<Record<MediaKind, CarriedTrack>> = { ...before?.tracks };
  for (const lane of lanes) {
    if (lane === undefined) continue;
    const { kind, lastConnection: connection, nominalUs, spacingUs } = lane;
    tracks[kind] = {
      endMedia: originMedia + lane.endUs,
      connection,
      nominalUs,
      spacingUs,
      absentUs: absentUs(lane),
    };
  }
  return { audio: plan?.audio, reorder: plan?.video?.reorder ?? before?.reorder ?? 0, tracks, leadIn };
}

/** Makes a track go on as it was; sound that is in the file before is not missing here. */
export function takeOver(lane: Lane | undefined, carried: Carried, originMedia: number): void {
  const track = lane === undefined ? undefined : carried.tracks[lane.kind];
  if (lane === undefined || track === undefined) return;
  lane.lastConnection = track.connection;
  lane.nominalUs = track.nominalUs;
  lane.spacingUs = track.spacingUs;
  lane.absentBeforeUs = track.absentUs;
  if (lane.kind === 'video') return;
  lane.endUs = Math.max(0, track.endMedia - originMedia);
  lane.endWall += lane.endUs;
}

/** For how long a track was away by itself, up to now, µs. */
export function absentUs({ missingUs, absentBeforeUs }: Lane): number {
  return absentBeforeUs + (missingUs.dtx ?? 0) + (missingUs.idle ?? 0);
}

/** How far a decoder of sound looks back, µs (RFC 7845 §4.6: 80 ms). */
const LEAD_IN_US = 80_000;
/** Packets kept for that: of 20 ms and longer all that are needed. */
const LEAD_IN_PACKETS = 5;
/** Pictures that are shown before the keyframe they follow come within so many. */
const LEADING_MAX = 16;

/** Counts what goes into one file. */
export class FileCut {
  readonly #limit: NewFileLimit | undefined;
  #pictureBytes = 0;
  #soundBytes = 0;
  #recent: PlacedFrame[] = [];

  constructor(limit: NewFileLimit | undefined) {
    this.#limit = limit;
  }

  /** Whether files are cut at all. */
  get isActive(): boolean {
    return this.#limit !== undefined;
  }

  /** A frame is in the file. */
  take(frame: PlacedFrame): void {
    if (this.#limit === undefined) return;
    if (frame.kind === 'video') {
      this.#pictureBytes += frame.data.length;
      return;
    }
    this.#soundBytes += frame.data.length;
    this.#recent.push(frame);
    if (this.#recent.length > LEAD_IN_PACKETS) this.#recent.shift();
  }

  /** Whether the file is long or large enough to end before a point `atUs` of it; its sound lasts `soundUs`. */
  isReached(atUs: number, soundUs: number, isStereo: boolean): boolean {
    const { afterUs, afterBytes, soundBytesPerSecond: rates } = this.#limit ?? {};
    if (afterUs !== undefined && atUs >= afterUs) return true;
    if (afterBytes === undefined) return false;
    const rate = isStereo ? rates?.stereo : rates?.mono;
    const sound = rate === undefined ? this.#soundBytes : (soundUs / 1_000_000) * rate;
    return this.#pictureBytes + sound >= afterBytes;
  }

  /** The packets before a cut that a decoder needs for what follows. */
  leadIn(cutMedia: number): readonly PlacedFrame[] {
    return this.#recent.filter((frame) => frame.media + frame.durationUs > cutMedia - LEAD_IN_US);
  }
}

/** Whether a file can begin with the first of these pictures: none of the next ones is shown before it. */
export function canBegin(pictures: readonly PlacedFrame[]): boolean {
  const [first] = pictures;
  if (first?.key !== true) return false;
  const isLater = (frame: PlacedFrame): boolean => frame.clockEpoch !== first.clockEpoch || frame.ticks > first.ticks;
  return pictures.slice(1, LEADING_MAX).every(isLater);
}
