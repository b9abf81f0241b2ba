// Codec identities and the facts about them that need no bitstream.

/** Video codecs Roomtape records. */
export type VideoCodec = 'h264' | 'h265' | 'vp8' | 'vp9' | 'av1';
/** Audio codecs Roomtape records. */
export type AudioCodec = 'opus' | 'aac';
/** Any codec Roomtape records. */
export type CodecId = VideoCodec | AudioCodec;

/** All video codecs, in no particular order. */
export const VIDEO_CODECS = ['h264', 'h265', 'vp8', 'vp9', 'av1'] as const satisfies readonly VideoCodec[];
/** All audio codecs, in no particular order. */
export const AUDIO_CODECS = ['opus', 'aac'] as const satisfies readonly AudioCodec[];

/** Whether a track carries sound or pictures. */
export type MediaKind = 'audio' | 'video';

/** Tells which kind of media a codec carries. */
export function kindOfCodec(codec: CodecId): MediaKind {
  return codec === 'opus' || codec === 'aac' ? 'audio' : 'video';
}
