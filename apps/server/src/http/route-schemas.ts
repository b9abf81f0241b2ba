// Pieces of route schemas that several groups share.

import { Id } from '@roomtape/api';
import { Type } from 'typebox';

/** Path of a room. */
export const RoomParams = Type.Object({ roomId: Id });
/** Path of a stream. */
export const StreamParams = Type.Object({ roomId: Id, streamId: Id });
/** Path of a session of a stream. */
export const SessionParams = Type.Object({ roomId: Id, streamId: Id, sessionId: Id });
/** Path of a recording. */
export const RecordingParams = Type.Object({ recordingId: Id });
/** Path of a file. */
export const FileParams = Type.Object({ fileId: Id });

/** A part of a segmented file, by the name its playlist gives it. */
export const FilePartParams = Type.Object({ fileId: Id, part: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,300}$' }) });

type ObjectSchema = {
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[] | undefined;
};

/**
 * The schema of a body that is taken as it was sent: what a caller leaves out stays out, where it would get a default,
 * even at the top. So a change leaves alone what it does not name.
 */
export function asSent({ required = [], ...schema }: ObjectSchema): object {
  const left = required.filter((name) => !('default' in (schema.properties[name] ?? {})));
  return {
    ...(JSON.parse(JSON.stringify(schema, (_, value: unknown) => toldInWords(value))) as object),
    required: left,
  };
}

/** A default that is not filled in still stands in the description. */
function toldInWords(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || !('default' in schema)) return schema;
  const { default: value, ...rest } = schema as { default: unknown; description?: string };
  const words = `default ${JSON.stringify(value)}`;
  return { ...rest, description: rest.description === undefined ? words : `${rest.description}; ${words}` };
}

/** An error answer, for the OpenAPI document. */
export const ErrorAnswerSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      blame: Type.Enum(['caller', 'source', 'destination', 'system']),
      retryable: Type.Boolean(),
      whatToDo: Type.String(),
      details: Type.Record(Type.String(), Type.Unknown()),
      requestId: Type.String(),
    }),
  },
  { description: 'an error of the catalogue (docs/reference/errors.md)' },
);
