export { type AmfRecord, type AmfValue, readAmf0, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
export { type FlvAudioToWrite, readAudioBody, writeAudioBody } from './audio-body.ts';
export { type FlvProblem, FlvReader, type FlvReaderOptions } from './flv-reader.ts';
export {
  type NalConfig,
  readAvcConfig,
  readHevcConfig,
  toAnnexB,
  toLengthPrefixed,
  writeAvcConfig,
  writeHevcConfig,
} from './length-prefixed.ts';
export { type FlvKeyframe, type FlvMetadata, writeMetadataBlock, writeMetadataTag } from './metadata.ts';
export type { FlvAudioCodec, FlvAudioPacket, FlvPacketKind, FlvVideoCodec, FlvVideoPacket } from './packet.ts';
export {
  FLV_BODY_BYTES_MAX,
  FLV_HEADER_BYTES,
  FLV_TAG_FRAME_BYTES,
  FLV_TAG_HEAD_BYTES,
  FLV_TAG_TYPE,
  type FlvTag,
  type FlvTagHead,
  type FlvTagType,
  readFlvTagHead,
  writeFlvHeader,
  writeFlvTag,
} from './tag.ts';
export { type FlvVideoToWrite, readVideoBody, writeVideoBody } from './video-body.ts';
