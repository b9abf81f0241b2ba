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
export { assert, type Blame, type ErrorFacts, RoomtapeError } from './error.ts';
export type { EncodedFrame, FrameType } from './frame.ts';
export { createSeededIds, createSystemIds, type Ids } from './ids.ts';
export { type Log, type LogFields, silentLog } from './log.ts';
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
