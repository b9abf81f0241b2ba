// The `onMetaData` tag of a file: written twice into the same room, first with what is known at the start, at last
// with duration, size and an index of keyframes, which makes players seek.

import { concatBytes } from '@roomtape/media';
import { type AmfRecord, type AmfValue, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
import type { FlvAudioCodec, FlvVideoCodec } from './packet.ts';
import { writeFlvTag } from './tag.ts';

/** What the metadata says. */
export type FlvMetadata = {
  readonly durationSeconds: number;
  readonly fileBytes?: number;
  readonly video?: {
    readonly codec: FlvVideoCodec;
    readonly width: number;
    readonly height: number;
    readonly framesPerSecond?: number;
  };
  readonly audio?: { readonly codec: FlvAudioCodec; readonly sampleRate: number; readonly channels: number };
  /** Where a player may start: time and position of the tag. In order; thinned out evenly when the room is short. */
  readonly keyframes?: readonly FlvKeyframe[];
};

/** A tag from which decoding can start. */
export type FlvKeyframe = { readonly timeSeconds: number; readonly positionBytes: number };

const VIDEO_CODEC_ID: Readonly<Record<FlvVideoCodec, number>> = {
  h264: 7,
  // Enhanced codecs are named by their FourCC as a number (E-RTMP v2, "onMetaData").
  h265: 0x68766331,
  av1: 0x61763031,
  vp8: 0x76703038,
  vp9: 0x76703039,
};
const AUDIO_CODEC_ID: Readonly<Record<FlvAudioCodec, number>> = { aac: 10, opus: 0x4f707573 };

/** Writes the `onMetaData` tag at time 0. */
export function writeMetadataTag(metadata: FlvMetadata): Uint8Array {
  return metadataTag(metadata, 0);
}

/**
 * Writes the tag so that it takes exactly `blockBytes` and can be written over later. Nulls after the record fill it
 * up: AMF0 allows them, and readers look no further than the record. The index loses keyframes until it fits;
 * `undefined` when not even a tag without one does. 1 KiB is always enough for that, a keyframe takes 18 bytes.
 */
export function writeMetadataBlock(metadata: FlvMetadata, blockBytes: number): Uint8Array | undefined {
  const all = metadata.keyframes ?? [];
  for (let step = 1; ; step *= 2) {
    const keyframes = step > all.length ? [] : all.filter((_, i) => i % step === 0);
    const spare = blockBytes - metadataTag({ ...metadata, keyframes }, 0).length;
    if (spare >= 0) return metadataTag({ ...metadata, keyframes }, spare);
    if (keyframes.length === 0) return undefined;
  }
}

const AMF_NULL = 5;

function metadataTag(metadata: FlvMetadata, nulls: number): Uint8Array {
  const filler = new Uint8Array(nulls).fill(AMF_NULL);
  const body = concatBytes([writeAmf0(['onMetaData']), writeAmf0EcmaArray(describe(metadata)), filler]);
  return writeFlvTag({ type: 'script', timestampMs: 0, body });
}

function describe(metadata: FlvMetadata): AmfRecord {
  const { video, audio, keyframes = [] } = metadata;
  const record: Record<string, AmfValue> = {
    duration: metadata.durationSeconds,
    filesize: metadata.fileBytes ?? 0,
    hasVideo: video !== undefined,
    hasAudio: audio !== undefined,
    canSeekToEnd: true,
  };
  if (video !== undefined) {
    record.videocodecid = VIDEO_CODEC_ID[video.codec];
    record.width = video.width;
    record.height = video.height;
    record.framerate = video.framesPerSecond ?? 0;
  }
  if (audio !== undefined) {
    record.audiocodecid = AUDIO_CODEC_ID[audio.codec];
    record.audiosamplerate = audio.sampleRate;
    record.audiosamplesize = 16;
    record.stereo = audio.channels === 2;
  }
  record.hasKeyframes = keyframes.length > 0;
  if (keyframes.length > 0) {
    record.keyframes = {
      filepositions: keyframes.map((keyframe) => keyframe.positionBytes),
      times: keyframes.map((keyframe) => keyframe.timeSeconds),
    };
  }
  return record;
}
