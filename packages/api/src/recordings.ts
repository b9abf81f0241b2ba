// Recordings and their files: what a user asks for and gets.

import { type Static, Type } from 'typebox';
import { Id } from './ids.ts';
import { MixRequest } from './mix.ts';
import {
  FILE_CONTAINERS,
  OUTPUT_FORMATS,
  OUTPUTS_MAX,
  OutputRequest,
  OutputSettings,
  PICTURE_FORMATS,
  RECORDING_FORMATS,
} from './outputs.ts';
import { STREAM_KINDS } from './rooms.ts';

/** States of a recording, in the order they are passed; `finished` and `failed` are final. */
export const RECORDING_STATES = ['starting', 'recording', 'paused', 'finishing', 'finished', 'failed'] as const;

/** State of a recording. */
export const RecordingState = Type.Enum([...RECORDING_STATES]);
export type RecordingState = (typeof RECORDING_STATES)[number];

/** Ways to record a room. */
export const RECORDING_MODES = ['single', 'mix'] as const;

/** Body of `POST /v1/recordings`; `layout`, `canvas`, `audio` and `overlays` are for `mix` only. */
export const StartRecordingRequest = Type.Object(
  {
    roomId: Id,
    mode: Type.Enum([...RECORDING_MODES], {
      default: 'single',
      description: 'single: each stream to its own file; mix: the room in one film',
    }),
    ...MixRequest.properties,
    streams: Type.Optional(
      Type.Array(Id, {
        minItems: 1,
        maxItems: 1000,
        uniqueItems: true,
        description: 'stream ids; absent: every stream, now and later',
      }),
    ),
    format: Type.Optional(
      Type.Enum([...RECORDING_FORMATS], {
        default: 'auto',
        description: 'auto: WebM for VP8, MP4 for everything else; aac, mp3, ogg and wav: sound only',
      }),
    ),
    ...OutputSettings,
    outputs: Type.Optional(
      Type.Array(OutputRequest, {
        minItems: 1,
        maxItems: OUTPUTS_MAX,
        description: 'several outputs at once, in place of the fields of a single one',
      }),
    ),
  },
  { additionalProperties: false },
);
export type StartRecordingRequest = Static<typeof StartRecordingRequest>;

/** One file of a recording. */
export const RecordingFile = Type.Object({
  fileId: Type.String(),
  streamId: Type.String(),
  userId: Type.String(),
  name: Type.String({ description: 'suggested file name' }),
  state: Type.Enum(['recording', 'finished']),
  container: Type.Enum([...FILE_CONTAINERS, ...PICTURE_FORMATS]),
  output: Type.Optional(
    Type.Integer({ description: 'which of the `outputs` it belongs to, from 0; where they were asked for' }),
  ),
  part: Type.Optional(Type.Integer({ description: 'its number among the files of its stream and output, from 1' })),
  videoCodec: Type.Optional(Type.String()),
  audioCodec: Type.Optional(Type.String()),
  width: Type.Optional(Type.Integer()),
  height: Type.Optional(Type.Integer()),
  bytes: Type.Integer(),
  durationMs: Type.Integer(),
  startedAt: Type.String({ format: 'date-time', description: 'wall time of the first media' }),
  missingMs: Type.Record(Type.String(), Type.Integer(), { description: 'media time no frame covers, by reason' }),
  url: Type.String({ description: 'path with a short-lived token; accepts Range and HEAD' }),
});
export type RecordingFile = Static<typeof RecordingFile>;

/** The film of a mixed recording as it is now. */
export const RecordingFilm = Type.Object({
  ...Type.Required(MixRequest).properties,
  mixedMs: Type.Integer({ description: 'length of the film so far' }),
  totalMs: Type.Optional(Type.Integer({ description: 'how long the film will be; of a film made later only' })),
  lagMs: Type.Integer({ description: 'how far the mix is behind the room; it catches up by itself' }),
  liveUrl: Type.Optional(
    Type.String({ description: 'WHEP: where the film is watched while it is made, until the recording is stopped' }),
  ),
});
export type RecordingFilm = Static<typeof RecordingFilm>;

/** One stream that is in a recording. */
export const RecordedStream = Type.Object({
  streamId: Type.String(),
  userId: Type.String(),
  userName: Type.String(),
  kind: Type.Enum([...STREAM_KINDS]),
});
export type RecordedStream = Static<typeof RecordedStream>;

/** What one recording is and has. */
export const Recording = Type.Object({
  recordingId: Type.String(),
  roomId: Type.String(),
  mode: Type.Enum([...RECORDING_MODES, 'upload'], { description: 'upload: made elsewhere, sent to `/v1/files`' }),
  film: Type.Optional(RecordingFilm),
  renderedFrom: Type.Optional(Type.String({ description: 'made of the tapes of this finished recording' })),
  streams: Type.Optional(Type.Array(Type.String())),
  recordedStreams: Type.Optional(
    Type.Array(RecordedStream, { description: 'whose media is in it, in order of joining; absent: nobody, so far' }),
  ),
  media: Type.Enum(['audio-video', 'audio', 'video'], { description: 'with several outputs that of the first' }),
  format: Type.Enum([...OUTPUT_FORMATS], { description: 'with several outputs that of the first' }),
  audioCodec: Type.Enum(['aac', 'opus'], { description: 'with several outputs that of the first' }),
  newFileSeconds: Type.Optional(Type.Integer()),
  newFileMegabytes: Type.Optional(Type.Integer()),
  outputs: Type.Optional(Type.Array(OutputRequest, { description: 'as they were asked for' })),
  state: RecordingState,
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  stoppedAt: Type.Optional(Type.String({ format: 'date-time' })),
  firstKeyframeAt: Type.Optional(Type.String({ format: 'date-time', description: 'when the first media was taped' })),
  problems: Type.Array(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      streamId: Type.Optional(Type.String()),
      at: Type.String({ format: 'date-time' }),
      resolvedAt: Type.Optional(Type.String({ format: 'date-time', description: 'when it was over by itself' })),
    }),
    { description: 'what went wrong and was survived, or made it fail' },
  ),
  files: Type.Array(RecordingFile),
});
export type Recording = Static<typeof Recording>;

/** Answer of `GET /v1/recordings`: newest first. */
export const RecordingList = Type.Object({
  recordings: Type.Array(Recording),
  next: Type.Optional(Type.String({ description: 'pass it as `after` for the next page; absent on the last' })),
});
export type RecordingList = Static<typeof RecordingList>;

/** Query of `GET /v1/recordings`. */
export const ListRecordingsQuery = Type.Object(
  {
    roomId: Type.Optional(Id),
    state: Type.Optional(RecordingState),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$', description: '1 to 200; 50 when absent' }),
    ),
    after: Type.Optional(
      Type.String({ maxLength: 128, description: 'recordingId of the last one of the page before' }),
    ),
  },
  { additionalProperties: false },
);
export type ListRecordingsQuery = Static<typeof ListRecordingsQuery>;
