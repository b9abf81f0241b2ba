// The `onMetaData` tag of a file: written twice into the same room, first with what is known at the start, at last
// with duration, size and an index of keyframes, which makes players seek.

import { concatBytes } from '@roomtape/media';
import { type AmfRecord, type AmfValue, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
import type { FlvAudioCodec, FlvVideoCodec } from './packet.ts';
import { FLV_TAG_FRAME_BYTES, writeFlvTag } from './tag.ts';

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
  return scriptTag([writeAmf0(['onMetaData']), writeAmf0EcmaArray(describe(metadata))]);
}

/**
 * Writes the metadata into exactly `blockBytes`, so that it can be written over later: the tag, then a tag named
 * `filler` that readers pass over. The index loses keyframes until it fits. `undefined` when even none fits: 1 KiB is
 * always enough without an index, 18 bytes more for each keyframe.
 */
export function writeMetadataBlock(metadata: FlvMetadata, blockBytes: number): Uint8Array | undefined {
  const all = metadata.keyframes ?? [];
  for (let step = 1; ; step *= 2) {
    const kept = all.filter((_, i) => i % step === 0);
    const tag = writeMetadataTag({ ...metadata, keyframes: kept });
    const filler = fillerTag(blockBytes - tag.length);
    if (filler !== undefined) return concatBytes([tag, filler]);
    if (kept.length <= 1) return undefined;
  }
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

/** A tag of exactly `bytes`; empty for 0, `undefined` where no tag is that short. */
function fillerTag(bytes: number): Uint8Array | undefined {
  if (bytes === 0) return new Uint8Array(0);
  const name = writeAmf0(['filler']);
  // A long string: its length takes 5 bytes with the marker, whatever it says, once it is beyond 65 535.
  const short = bytes - FLV_TAG_FRAME_BYTES - name.length - 3;
  if (short < 0) return undefined;
  const text = short > 0xffff ? ' '.repeat(short - 2) : ' '.repeat(short);
  return short > 0xffff && short - 2 <= 0xffff ? undefined : scriptTag([name, writeAmf0([text])]);
}

function scriptTag(parts: readonly Uint8Array[]): Uint8Array {
  return writeFlvTag({ type: 'script', timestampMs: 0, body: concatBytes(parts) });
}
