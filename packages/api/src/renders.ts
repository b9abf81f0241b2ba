// Films of finished recordings: what a user asks for. The answer is a recording of its own.

import { type Static, Type } from 'typebox';
import { StartRecordingRequest } from './recordings.ts';

const { roomId: _room, mode: _mode, streams: _streams, ...filmParts } = StartRecordingRequest.properties;

/**
 * Body of `POST /v1/recordings/{recordingId}/renders`: how the film looks and which files it becomes. Parts that are
 * absent are as they were recorded, or the defaults where no film was.
 */
export const RenderRequest = Type.Object({ ...filmParts }, { additionalProperties: false });
export type RenderRequest = Static<typeof RenderRequest>;
