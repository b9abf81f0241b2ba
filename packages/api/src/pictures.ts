// Single pictures of recordings: what a user asks for. A picture taken is a file of the recording like any other.

import { type Static, Type } from 'typebox';
import { Id } from './ids.ts';
import { OutputRequest, PICTURE_FORMATS } from './outputs.ts';

/** Body of `POST /v1/recordings/{recordingId}/snapshot`. */
export const SnapshotRequest = Type.Object(
  {
    streamId: Type.Optional(Id),
    atMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'ms from the beginning of the recording, pauses left out; absent: the newest picture',
      }),
    ),
    format: Type.Optional(Type.Enum([...PICTURE_FORMATS], { default: 'jpeg' })),
    width: OutputRequest.properties.width,
  },
  { additionalProperties: false },
);
export type SnapshotRequest = Static<typeof SnapshotRequest>;
