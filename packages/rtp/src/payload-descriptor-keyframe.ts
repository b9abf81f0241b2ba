// Tells from one RTP payload whether a keyframe starts in it, for forwarding that waits for one. Looks at a few
// bytes; a positive answer is a reason to start forwarding, not a proof that the frame is whole.

import {
  type CodecId,
  H264_NAL,
  H265_NAL,
  h264NalType,
  h265NalType,
  isH265Irap,
  isVp9Keyframe,
  readUint16,
} from '@roomtape/media';
import { parseVp8Descriptor, parseVp9Descriptor } from './payload-descriptor.ts';

/**
 * Tells whether a keyframe starts in this payload: parameter sets or the first slice of a random access picture
 * (H.264, H.265), the first packet of a keyframe (VP8, VP9), of a coded video sequence (AV1). Always true for audio.
 */
export function startsKeyframe(codec: CodecId, payload: Uint8Array): boolean {
  switch (codec) {
    case 'h264':
      return startsH264Keyframe(payload);
    case 'h265':
      return startsH265Keyframe(payload);
    case 'vp8':
      return startsVp8Keyframe(payload);
    case 'vp9':
      return startsVp9Keyframe(payload);
    case 'av1':
      // Z = 0 and N = 1: the first packet of a coded video sequence (AV1 RTP specification §4.4).
      return payload.length > 1 && ((payload[0] ?? 0) & 0x88) === 0x08;
    case 'opus':
    case 'aac':
      return payload.length > 0;
  }
}

function startsH264Keyframe(payload: Uint8Array): boolean {
  const type = h264NalType(payload[0] ?? 0);
  if (type === 24) return anyNal(payload, 1, isH264Start);
  if (type !== 28) return isH264Start(type, payload[1] ?? 0);
  const fragment = payload[1] ?? 0;
  return (fragment & 0x80) !== 0 && isH264Start(fragment & 0x1f, payload[2] ?? 0);
}

/** `first` is the byte after the NAL header: its top bit is set when first_mb_in_slice is 0. */
function isH264Start(type: number, first: number): boolean {
  return type === H264_NAL.sps || (type === H264_NAL.idr && (first & 0x80) !== 0);
}

function startsH265Keyframe(payload: Uint8Array): boolean {
  const type = h265NalType(payload[0] ?? 0);
  if (type === 48) return anyNal(payload, 2, isH265Start);
  if (type !== 49) return isH265Start(type, payload[2] ?? 0);
  const fragment = payload[2] ?? 0;
  return (fragment & 0x80) !== 0 && isH265Start(fragment & 0x3f, payload[3] ?? 0);
}

/** The top bit of the byte after the NAL header is first_slice_segment_in_pic_flag. */
function isH265Start(type: number, first: number): boolean {
  return type === H265_NAL.vps || type === H265_NAL.sps || (isH265Irap(type) && (first & 0x80) !== 0);
}

/** Looks at the NAL units of an aggregation packet. */
function anyNal(payload: Uint8Array, headerBytes: 1 | 2, starts: (type: number, first: number) => boolean): boolean {
  let at = headerBytes;
  while (at + 2 < payload.length) {
    const nal = at + 2;
    const header = payload[nal] ?? 0;
    const type = headerBytes === 1 ? h264NalType(header) : h265NalType(header);
    if (starts(type, payload[nal + headerBytes] ?? 0)) return true;
    at = nal + readUint16(payload, at);
  }
  return false;
}

function startsVp8Keyframe(payload: Uint8Array): boolean {
  const descriptor = parseVp8Descriptor(payload);
  return descriptor?.startsFrame === true && ((payload[descriptor.bytes] ?? 1) & 1) === 0;
}

function startsVp9Keyframe(payload: Uint8Array): boolean {
  const descriptor = parseVp9Descriptor(payload);
  if (descriptor === undefined || !descriptor.startsLayer || descriptor.interPredicted) return false;
  return (descriptor.spatialId ?? 0) === 0 && isVp9Keyframe(payload.subarray(descriptor.bytes));
}
