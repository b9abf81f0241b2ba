// The port between what makes media (synthetic pictures, a file, frames encoded once) and what sends it: a
// source is pulled by time, so it runs on any clock.

import type { AudioCodec, FrameType, MediaKind, VideoCodec } from '@roomtape/media';

/** One encoded frame on its way to a packetizer. */
export type SourceFrame = {
  readonly kind: MediaKind;
  readonly type: FrameType;
  /** On the track's own clock, µs; 0 is the source's start, and sound may begin a little before it. */
  readonly ptsUs: number;
  /** In the form of `EncodedFrame.data`. */
  readonly data: Uint8Array;
  /** Sound only: nothing is to be heard, so a sender with DTX would not send it. */
  readonly isSilent?: boolean;
};

/** What a source's picture is. */
export type SourceVideo = {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
};

/** What a source's sound is. `clockPpm` is how much faster than real time its clock runs. */
export type SourceAudio = { readonly codec: AudioCodec; readonly channels: number; readonly clockPpm?: number };

/** Something that can be published. Holds native memory until `close`. */
export interface MediaSource {
  readonly video: SourceVideo | undefined;
  readonly audio: SourceAudio | undefined;
  /** Makes all frames up to `untilUs` after the start that were not read yet, in order of time. */
  read(untilUs: number): SourceFrame[];
  /** Makes the next picture a keyframe; a source that cannot does nothing. */
  requestKeyframe(): void;
  /**
   * Leaves out pictures due before this time that were not read yet, as a camera does for an encoder that
   * cannot keep up; returns how many.
   */
  skipPicturesBefore?(us: number): number;
  /** `true` once there is nothing more to read. */
  readonly isEnded: boolean;
  close(): void;
}
