// What the planner is told and what it answers: plain data only.

import type { AudioCodec, MediaUs, UnixUs, VideoCodec } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';

/** The pictures of a file as its header must describe them. */
export type VideoPlan = {
  readonly codec: VideoCodec;
  readonly width?: number;
  readonly height?: number;
  readonly config?: Uint8Array;
  /** Pictures that may be decoded before one that is shown earlier. 0: decode order is presentation order. */
  readonly reorder: number;
};

/** The sound of a file as its header must describe it; the codec is the source's. */
export type AudioPlan = {
  readonly codec: AudioCodec;
  readonly clockRate: number;
  readonly channels: number;
  /** Whether any packet really carries two channels; WebRTC always negotiates two. */
  readonly stereo: boolean;
  readonly config?: Uint8Array;
};

/** What one file holds. */
export type FilePlan = { readonly video?: VideoPlan; readonly audio?: AudioPlan };

/** What an earlier pass over the same tape learned too late to write it into a header, by file number. */
export type PlanKnowledge = { readonly files: Readonly<Record<number, FilePlan>> };

/** When a file ends and another one goes on, at the next keyframe; with both limits whichever comes first. */
export type NewFileLimit = {
  /** Media in the file, µs. */
  readonly afterUs?: number;
  /** Bytes of the frames in the file. */
  readonly afterBytes?: number;
  /** What a second of sound counts, bytes, where it is re-encoded; absent: what its packets have. */
  readonly soundBytesPerSecond?: { readonly mono: number; readonly stereo: number };
};

/** How a tape is projected. */
export type PlannerOptions = {
  readonly media: 'audio-video' | 'audio' | 'video';
  /** Frames that arrived earlier are not part of the recording. */
  readonly startAt: UnixUs;
  /** Sound is re-encoded, so another source codec does not force another file. */
  readonly transcodesAudio: boolean;
  /** Absent: a file ends only where a codec changes. */
  readonly newFile?: NewFileLimit;
  readonly knowledge?: PlanKnowledge;
};

/** A stretch of wall time that is cut out and closed up; open while `toAt` is absent. */
export type Pause = { readonly fromAt: UnixUs; readonly toAt?: UnixUs };

/** One step of the executor. Times are on the file's own timeline, µs. */
export type PlannedAction =
  | { readonly kind: 'open'; readonly file: number; readonly startedAt: UnixUs; readonly plan: FilePlan }
  | PlannedFrame
  /** Sound that is in the file before, for the decoder; what of it reaches over time 0 belongs to this file too. */
  | { readonly kind: 'lead-in'; readonly file: number; readonly ptsUs: MediaUs; readonly data: Uint8Array }
  | PlannedSilence
  /** The following sound has another source codec; only when sound is re-encoded. */
  | { readonly kind: 'audio-source'; readonly file: number; readonly codec: AudioCodec; readonly config?: Uint8Array }
  | { readonly kind: 'close'; readonly file: number; readonly endUs: MediaUs }
  /**
   * The file was opened without knowing what is known now. The executor starts again from the tape's beginning
   * with this knowledge; the planner answers nothing more.
   */
  | { readonly kind: 'replan'; readonly reason: string; readonly knowledge: PlanKnowledge };

/** No sound exists here: the executor fills it. */
export type PlannedSilence = {
  readonly kind: 'silence';
  readonly file: number;
  readonly fromUs: MediaUs;
  readonly toUs: MediaUs;
  /** A few packets were lost on their way: there was sound, which a decoder can guess. */
  readonly isLoss?: true;
};

/** A frame placed in a file. */
export type PlannedFrame = {
  readonly kind: 'frame';
  readonly file: number;
  readonly track: 'video' | 'audio';
  readonly ptsUs: MediaUs;
  readonly dtsUs: MediaUs;
  readonly durationUs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
  /** The size from here on, where it is known; video only. */
  readonly width?: number;
  readonly height?: number;
};

/** A hole in one track of a file. */
export type MissingSpan = { readonly fromUs: MediaUs; readonly toUs: MediaUs; readonly reason: string };

/** What became of one track of a file. */
export type TrackTimeline = {
  readonly codec: string;
  readonly frames: number;
  readonly firstUs: MediaUs;
  readonly endUs: MediaUs;
  readonly missing: readonly MissingSpan[];
  readonly missingUs: Readonly<Record<string, number>>;
};

/** What became of one file. */
export type FileTimeline = {
  readonly file: number;
  readonly startedAt: UnixUs;
  readonly durationUs: number;
  readonly closed: boolean;
  readonly video?: TrackTimeline;
  readonly audio?: TrackTimeline;
};

/** The whole projection as far as it was planned. */
export type Timeline = {
  readonly files: readonly FileTimeline[];
  /** Frames that are in no file, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events of the clocks, by kind: `fallback`, `reset`, `sender-step`, `outlier`. */
  readonly clocks: Readonly<Record<string, number>>;
};

/** Plans the projection of one tape. After `replan` or `finish` it answers nothing more. */
export interface Planner {
  /** Takes the next entry of the tape and returns what is due. */
  push(entry: TapeEntry): PlannedAction[];
  /** Replaces the pauses; what was already planned stays. */
  setPauses(pauses: readonly Pause[]): void;
  /** Nothing that happened at or after this belongs to the recording; the earliest call wins. */
  setStop(stopAt: UnixUs): void;
  /** Ends the plan: everything held is placed, the file is closed. */
  finish(): PlannedAction[];
  /** Whether the current file has reached its limit and ends at the next keyframe. */
  readonly awaitsKeyframe: boolean;
  /** What became of everything so far. */
  summary(): Timeline;
}
