// What the recordings of a server are made with: the parts around them as they see them.

import type { RecordingState } from '@roomtape/api';
import type { Clock, Ids, Log } from '@roomtape/media';
import type { MixPlane } from '../processes/mix-fleet.ts';
import type { Projector, SnapshotPlane } from '../processes/worker-fleet.ts';
import type { RecordingModel } from './recording-model.ts';
import type { TapedStream, Tapes } from './tapes.ts';

/** What recordings need of the rooms. */
export interface RoomStreams {
  /** Streams of a room somebody is connected to publish. */
  connected(roomId: string): readonly TapedStream[];
  /** What the user of a stream calls itself; `undefined` when it is not in the room as a participant. */
  nameOf(stream: TapedStream): string | undefined;
  /** A stream that was recorded before a restart is awaited again. */
  restore(stream: TapedStream): void;
}

/** How recordings are kept. */
export type RecordingsOptions = {
  readonly dataDirectory: string;
  readonly tapes: Tapes;
  readonly projector: Projector & SnapshotPlane;
  readonly mixes: MixPlane;
  readonly streams: RoomStreams;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly fragmentMs: number;
  readonly activeMax: number;
  /** A recording changed in a way the API shows. */
  readonly onChange: (model: RecordingModel, state: RecordingState) => void;
  /** A stream is recorded now, or no more. */
  readonly onStreamChange: (stream: TapedStream) => void;
};
