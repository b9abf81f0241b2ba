// What a mixer is told of a recording: a pure view of its journal.

import { type UnixUs, unixUs } from '@roomtape/media';
import type { MixFacts, MixStream } from '@roomtape/mixer';
import type { RenderOrigin } from './journal-event.ts';
import type { RecordingModel, StreamLink } from './recording-model.ts';
import { tapeDirectory } from './recording-paths.ts';

/** The facts of a mixed recording; `undefined` while it has no media yet, or when it is none. */
export function mixFactsOf(model: RecordingModel, dataDirectory: string): MixFacts | undefined {
  if (model.origin !== undefined) return factsOfOrigin(model.origin, dataDirectory);
  const startAt = filmStartOf(model);
  if (startAt === undefined || model.settings.length === 0) return undefined;
  const parts = model.links.filter((link) => link.role === 'part' && link.outcome !== 'discarded');
  const order = [...new Set(parts.map(({ streamId }) => streamId))];
  return {
    startAt,
    ...(model.stoppedAt === undefined ? {} : { stopAt: model.stoppedAt }),
    pauses: model.pauses,
    settings: model.settings,
    streams: parts.map((link) =>
      mixStreamOf(link, order.indexOf(link.streamId), tapeDirectory(dataDirectory, link.tapeId)),
    ),
  };
}

/** When the film begins: with the first media of any of its streams. It never changes once it is known. */
export function filmStartOf(model: RecordingModel): UnixUs | undefined {
  if (model.origin !== undefined) return model.origin.startAt;
  const starts = model.links.flatMap(({ role, mediaStartedAt }) =>
    role === 'part' && mediaStartedAt !== undefined ? [mediaStartedAt] : [],
  );
  return starts.length === 0 ? undefined : unixUs(Math.min(...starts));
}

function factsOfOrigin({ streams, ...facts }: RenderOrigin, dataDirectory: string): MixFacts {
  const taped = streams.map(({ tapeId, ...stream }) => ({
    ...stream,
    tapeDirectory: tapeDirectory(dataDirectory, tapeId),
  }));
  return { ...facts, streams: taped };
}

/** How long the film will be, µs. */
export function renderLengthUs({ startAt, stopAt, pauses }: RenderOrigin): number {
  const pausedUs = pauses.reduce((sum, { fromAt, toAt = stopAt }) => {
    return sum + Math.max(0, Math.min(toAt, stopAt) - Math.max(fromAt, startAt));
  }, 0);
  return Math.max(0, stopAt - startAt - pausedUs);
}

/** One stream of a recording as a mixer is told of it. */
export function mixStreamOf(link: StreamLink, joinedOrder: number, tapeDirectory: string): MixStream {
  const { jobId, streamId, userId, userName, streamKind, linkedAt, end } = link;
  return {
    ...{ inputId: jobId, streamId, userId, userName, joinedOrder },
    kind: streamKind,
    tapeDirectory,
    joinedAt: linkedAt,
    ...(end === undefined ? {} : { leftAt: end.stopAt }),
    ...(end?.sequence === undefined ? {} : { lastSequence: end.sequence }),
  };
}
