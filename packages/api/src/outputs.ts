// The files a recording is asked to make of each stream or of its mix: one output, or several side by side. What the
// schema cannot say is checked by `checkOutputs`.

import { type Static, Type } from 'typebox';

/** Containers of sound and moving pictures. */
export const FILE_CONTAINERS = ['mp4', 'webm', 'flv', 'hls', 'aac', 'mp3', 'ogg', 'wav'] as const;
/** Formats of single pictures. */
export const PICTURE_FORMATS = ['jpeg', 'webp'] as const;
/** Formats a recording can be asked for in. */
export const RECORDING_FORMATS = ['auto', ...FILE_CONTAINERS] as const;
/** Formats one of several outputs can be asked for in: those of recordings, and series of pictures. */
export const OUTPUT_FORMATS = [...RECORDING_FORMATS, ...PICTURE_FORMATS] as const;

/** Most outputs of a recording. */
export const OUTPUTS_MAX = 8;

/** What kind of file is made; the same words for a recording with one output and for each of several. */
export const OutputSettings = {
  media: Type.Optional(Type.Enum(['audio-video', 'audio', 'video'], { default: 'audio-video' })),
  audioCodec: Type.Optional(
    Type.Enum(['aac', 'opus'], { default: 'aac', description: 'sound in MP4; WebM keeps Opus' }),
  ),
  segmentSeconds: Type.Optional(
    Type.Integer({ minimum: 2, maximum: 60, default: 4, description: 'hls: shortest segment; cut at keyframes' }),
  ),
  newFileSeconds: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: 86_400,
      description: 'go on in a new file at the first keyframe after so much media; not for hls and pictures',
    }),
  ),
  newFileMegabytes: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: 'the same after about so many million bytes; with both, whichever comes first',
    }),
  ),
};

/** One of several outputs. */
export const OutputRequest = Type.Object(
  {
    format: Type.Enum([...OUTPUT_FORMATS], {
      description: 'as `format` of a recording, or a series of pictures (jpeg, webp)',
    }),
    ...OutputSettings,
    everySeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3600, default: 10, description: 'pictures: how far apart' }),
    ),
    width: Type.Optional(
      Type.Integer({
        minimum: 64,
        maximum: 3840,
        multipleOf: 2,
        description: 'pictures: px; the height follows. As wide as the stream when absent',
      }),
    ),
  },
  { additionalProperties: false },
);
export type OutputRequest = Static<typeof OutputRequest>;
