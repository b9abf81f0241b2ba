// What a film of a finished recording is made of, from its directory alone: the journal says who was there when, the
// tapes hold the media. The server need not run.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { MixSettings } from '@roomtape/api';
import { type UnixUs, unixUs } from '@roomtape/media';
import type { MixFacts, MixStream } from '@roomtape/mixer';
import { recoverTape } from '@roomtape/tape';
import { JOURNAL_FILE, readJournal } from '../recordings/journal.ts';
import { type RecordingModel, reduceJournal } from '../recordings/recording-model.ts';
import { recordingDirectory, tapeDirectory } from '../recordings/recording-paths.ts';
import { originOf } from '../recordings/render-origin.ts';

/** A recording as found on disk. */
export type FoundRecording = {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly model: RecordingModel;
};

/** Finds a recording by its directory, or by its id in a data directory; `undefined` when there is none. */
export async function findRecording(name: string, dataDirectory: string): Promise<FoundRecording | undefined> {
  for (const candidate of [name, recordingDirectory(dataDirectory, name)]) {
    const directory = resolve(candidate);
    if (!existsSync(join(directory, JOURNAL_FILE))) continue;
    const model = reduceJournal((await readJournal(directory)).events);
    if (model !== undefined) return { directory, dataDirectory: dirname(dirname(directory)), model };
  }
  return undefined;
}

/**
 * The facts of a film of a recording's streams. With `settings` the whole film looks so, otherwise as it did live;
 * `undefined` when there is nothing to show, or no look.
 */
export function filmFacts(recording: FoundRecording, settings: MixSettings | undefined): MixFacts | undefined {
  const origin = originOf(recording.model);
  if (origin === undefined) return undefined;
  const looks = settings === undefined ? origin.settings : [{ at: origin.startAt, settings }];
  if (looks.length === 0) return undefined;
  const streams = origin.streams.map(({ tapeId, ...stream }) => {
    const usual = tapeDirectory(recording.dataDirectory, tapeId);
    // A recording that was copied elsewhere may hold its tapes itself.
    return { ...stream, tapeDirectory: existsSync(usual) ? usual : join(recording.directory, 'tapes', tapeId) };
  });
  return { ...origin, stopAt: origin.stopAt ?? lastMedia(streams), settings: looks, streams };
}

/** Of a recording that never was stopped: where its tapes end. */
function lastMedia(streams: readonly MixStream[]): UnixUs {
  return unixUs(Math.max(0, ...streams.map((stream) => recoverTape(stream.tapeDirectory)?.lastAt ?? 0)));
}
