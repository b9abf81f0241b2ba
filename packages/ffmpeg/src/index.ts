export {
  type AudioRenderer,
  type AudioRendererOptions,
  createAudioRenderer,
  type RenderedPacket,
} from './audio-renderer.ts';
export {
  CONTAINERS,
  type Container,
  type ContainerFacts,
  canCarry,
  type FileCodec,
  type FileSound,
  type MuxerCuts,
} from './containers.ts';
export {
  type AudioDecoderOptions,
  createAudioDecoder,
  createVideoDecoder,
  type DecodedPicture,
  type DecodedSamples,
  type Decoder,
  isVideoCodec,
} from './decoder.ts';
export {
  type AudioEncoder,
  type AudioEncoderOptions,
  createAudioEncoder,
  createVideoEncoder,
  type EncodedPacket,
  type VideoEncoder,
  type VideoEncoderOptions,
} from './encoder.ts';
export { type FfmpegErrorCode, ffmpegError } from './errors.ts';
export { createFileMuxer, type FileMuxer, type FileMuxerOptions, type MuxPacket, type MuxTrack } from './file-muxer.ts';
export {
  codecsOf,
  type FileFacts,
  type FileMedia,
  type FilePacket,
  type FileTrack,
  type MediaFile,
  openMediaFile,
  probeFile,
} from './media-file.ts';
export type { Picture } from './picture.ts';
export { createPictureDecoder, holdPicture, type NativePicture, type PictureDecoder } from './picture-decoder.ts';
export { type EncodedPicture, encodePicture, type PictureEncoding, type PictureFormat } from './picture-encoder.ts';
export type { Samples } from './samples.ts';
export { stretch } from './stretch.ts';
export { createTileScaler, type PictureRect, type TileScaler } from './tile-scaler.ts';
export { openWhipPush, type WhipPush, type WhipPushOptions } from './whip-push.ts';
