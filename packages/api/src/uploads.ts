// Uploads: recordings made elsewhere (by the browser SDK, say) that become recordings of a room.

import { type Static, Type } from 'typebox';
import { Id } from './ids.ts';

/** Body of `POST /v1/files`: what is going to be uploaded. */
export const BeginUploadRequest = Type.Object(
  {
    roomId: Id,
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[^/\\\\\\u0000-\\u001f\\u007f]+$',
      description: 'file name, without folders; what kind of file it is comes from its bytes',
    }),
    bytes: Type.Integer({ minimum: 1, description: 'length of the whole file' }),
    durationMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 31_536_000_000, description: 'for files that do not say it themselves' }),
    ),
  },
  { additionalProperties: false },
);
export type BeginUploadRequest = Static<typeof BeginUploadRequest>;

/** Answer of `POST /v1/files`. */
export const UploadAnswer = Type.Object({
  recordingId: Type.String({ description: 'the recording that it will be; there once the last byte is' }),
  fileId: Type.String(),
  url: Type.String({ description: 'where PATCH sends bytes and HEAD asks how many are there' }),
  offset: Type.Integer({ description: 'bytes that are there' }),
});
export type UploadAnswer = Static<typeof UploadAnswer>;
