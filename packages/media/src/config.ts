// What a capture path asks about a frame, for any codec: can decoding start here, and what configuration does it
// carry. Answers come from the frame alone; nothing is remembered.

import { aacCodecString, parseAacConfig } from './aac.ts';
import { av1CodecString, av1SequenceHeaderObu, findAv1SequenceHeader, isAv1Keyframe } from './av1.ts';
import type { CodecId } from './codec.ts';
import { findH264Sps, h264CodecString, h264ParameterSets, isH264Keyframe } from './h264.ts';
import { findH265Sps, h265CodecString, h265ParameterSets, isH265Keyframe } from './h265.ts';
import { isVp8Keyframe, parseVp8Header } from './vp8.ts';
import { isVp9Keyframe, parseVp9Header, splitVp9Superframe, vp9CodecString } from './vp9.ts';

/** A decoder configuration, in the fields of a tape's `config-changed` entry. */
export type CodecConfig = {
  /** RFC 6381 codec string. */
  readonly codecString: string;
  /** Size of the picture in pixels; absent for audio. */
  readonly width?: number;
  readonly height?: number;
  /**
   * Parameter sets in Annex B (H.264, H.265), sequence header OBU (AV1), AudioSpecificConfig (AAC); absent for
   * codecs that need none. A copy: it may outlive the frame.
   */
  readonly config?: Uint8Array;
};

/** Tells whether decoding can start at this frame; true for every audio frame. `data` is as in `EncodedFrame`. */
export function isKeyframe(codec: CodecId, data: Uint8Array): boolean {
  switch (codec) {
    case 'h264':
      return isH264Keyframe(data);
    case 'h265':
      return isH265Keyframe(data);
    case 'vp8':
      return isVp8Keyframe(data);
    case 'vp9':
      return isVp9Keyframe(data);
    case 'av1':
      return isAv1Keyframe(data);
    case 'opus':
    case 'aac':
      return true;
  }
}

/**
 * Describes the configuration a keyframe carries; `undefined` when it carries none or it cannot be read. For AAC,
 * whose access units carry none, pass the AudioSpecificConfig as `data`.
 */
export function describeConfig(codec: CodecId, data: Uint8Array): CodecConfig | undefined {
  switch (codec) {
    case 'h264':
      return describeH264(data);
    case 'h265':
      return describeH265(data);
    case 'vp8':
      return describeVp8(data);
    case 'vp9':
      return describeVp9(data);
    case 'av1':
      return describeAv1(data);
    case 'opus':
      return { codecString: 'opus' };
    case 'aac':
      return describeAac(data);
  }
}

/** Tells whether two configurations mean the same, so that only changes are written. */
export function isSameConfig(a: CodecConfig | undefined, b: CodecConfig | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.codecString === b.codecString && a.width === b.width && a.height === b.height && isSameBytes(a.config, b.config)
  );
}

function isSameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function describeH264(data: Uint8Array): CodecConfig | undefined {
  const sps = findH264Sps(data);
  const config = h264ParameterSets(data);
  if (sps === undefined || config === undefined) return undefined;
  return { codecString: h264CodecString(sps), width: sps.width, height: sps.height, config };
}

function describeH265(data: Uint8Array): CodecConfig | undefined {
  const sps = findH265Sps(data);
  const config = h265ParameterSets(data);
  if (sps === undefined || config === undefined) return undefined;
  return { codecString: h265CodecString(sps), width: sps.width, height: sps.height, config };
}

function describeVp8(data: Uint8Array): CodecConfig | undefined {
  const { width, height } = parseVp8Header(data) ?? {};
  return width === undefined || height === undefined ? undefined : { codecString: 'vp8', width, height };
}

/** The size is that of the largest spatial layer, which is what a decoder shows. */
function describeVp9(data: Uint8Array): CodecConfig | undefined {
  const frames = splitVp9Superframe(data).map(parseVp9Header);
  const key = frames[0];
  if (key?.bitDepth === undefined) return undefined;
  let width = 0;
  let height = 0;
  for (const frame of frames) {
    width = Math.max(width, frame?.width ?? 0);
    height = Math.max(height, frame?.height ?? 0);
  }
  const codecString = vp9CodecString({ profile: key.profile, width, height, bitDepth: key.bitDepth });
  return { codecString, width, height };
}

function describeAv1(data: Uint8Array): CodecConfig | undefined {
  const header = findAv1SequenceHeader(data);
  const config = av1SequenceHeaderObu(data);
  if (header === undefined || config === undefined) return undefined;
  return { codecString: av1CodecString(header), width: header.width, height: header.height, config };
}

function describeAac(data: Uint8Array): CodecConfig | undefined {
  const config = parseAacConfig(data);
  return config === undefined ? undefined : { codecString: aacCodecString(config), config: data.slice() };
}
