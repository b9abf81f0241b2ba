export { type AacConfig, aacCodecString, parseAacConfig, writeAacConfig } from './aac.ts';
export { ANNEX_B_START_CODE, joinNals, type NalVisitor, splitNals, unescapeNal, visitNals } from './annex-b.ts';
export {
  AV1_OBU,
  type Av1Obu,
  type Av1SequenceHeader,
  av1CodecString,
  av1HeaderBytes,
  av1ObuType,
  av1SequenceHeaderObu,
  findAv1SequenceHeader,
  isAv1Keyframe,
  isAv1ObuKept,
  normalizeAv1,
  parseAv1SequenceHeader,
  visitObus,
} from './av1.ts';
export {
  BitReader,
  concatBytes,
  type Leb128,
  leb128Bytes,
  readLeb128,
  readUint16,
  readUint24,
  readUint32,
  writeLeb128,
  writeUint16,
  writeUint24,
  writeUint32,
} from './bytes.ts';
export { type CancelTimer, type Clock, createSystemClock } from './clock.ts';
export {
  AUDIO_CODECS,
  type AudioCodec,
  type CodecId,
  kindOfCodec,
  type MediaKind,
  VIDEO_CODECS,
  type VideoCodec,
} from './codec.ts';
export { type CodecConfig, describeConfig, isKeyframe, isSameConfig } from './config.ts';
export { assert, type Blame, type ErrorFacts, RoomtapeError } from './error.ts';
export type { EncodedFrame, FrameType } from './frame.ts';
export {
  findH264Sps,
  H264_NAL,
  type H264Sps,
  h264CodecString,
  h264NalType,
  h264ParameterSets,
  isH264Keyframe,
  mayReorderH264,
  parseH264Sps,
} from './h264.ts';
export {
  findH265Sps,
  H265_NAL,
  type H265Sps,
  h265CodecString,
  h265NalType,
  h265ParameterSets,
  isH265Irap,
  isH265Keyframe,
  parseH265Sps,
} from './h265.ts';
export { createSeededIds, createSystemIds, type Ids } from './ids.ts';
export {
  type BoxSpan,
  box,
  boxesIn,
  findBox,
  fullBox,
  readBoxType,
  readUint64,
  uint32s,
  uint64s,
  writeBoxType,
} from './iso-box.ts';
export { type Log, type LogFields, silentLog } from './log.ts';
export {
  OPUS_CLOCK_RATE,
  OPUS_GUESS_US_MAX,
  type OpusFiller,
  type OpusPacket,
  opusDurationTicks,
  opusFillerAfter,
  parseOpusPacket,
  writeOpusHead,
} from './opus.ts';
export {
  fromRfc3339,
  type MediaUs,
  mediaUs,
  msToUs,
  ntpToUnixUs,
  rescaleFloor,
  rescaleNearest,
  type Ticks,
  ticks,
  ticksToUs,
  toRfc3339,
  type UnixUs,
  US_PER_SECOND,
  unixUs,
  unixUsToNtp,
  usToMsFloor,
  usToTicks,
} from './time.ts';
export type { Track, TrackId } from './track.ts';
export { isVp8Keyframe, parseVp8Header, type Vp8Header } from './vp8.ts';
export {
  isVp9Keyframe,
  parseVp9Header,
  splitVp9Superframe,
  type Vp9Header,
  vp9CodecString,
  vp9SuperframeIndex,
} from './vp9.ts';
