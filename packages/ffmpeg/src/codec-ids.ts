// Our codecs and FFmpeg's numbers for them, both ways.

import type { CodecId } from '@roomtape/media';
import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MP3,
  AV_CODEC_ID_OPUS,
  AV_CODEC_ID_PCM_S16LE,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  type AVCodecID,
} from 'node-av/constants';

/** FFmpeg's number of each codec. */
export const CODEC_IDS: Readonly<Record<CodecId, AVCodecID>> = {
  h264: AV_CODEC_ID_H264,
  h265: AV_CODEC_ID_HEVC,
  vp8: AV_CODEC_ID_VP8,
  vp9: AV_CODEC_ID_VP9,
  av1: AV_CODEC_ID_AV1,
  opus: AV_CODEC_ID_OPUS,
  aac: AV_CODEC_ID_AAC,
};

/** FFmpeg's number of sound that only files have. */
export const SOUND_IDS = { mp3: AV_CODEC_ID_MP3, pcm: AV_CODEC_ID_PCM_S16LE } as const;

const CODECS = new Map<number, CodecId>(Object.entries(CODEC_IDS).map(([codec, id]) => [id, codec as CodecId]));

/** Returns the codec of one of FFmpeg's numbers; `undefined` for one Roomtape does not record. */
export function codecOfId(id: number): CodecId | undefined {
  return CODECS.get(id);
}
