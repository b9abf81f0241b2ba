// Reads the recordings that are on disk at start. Writes nothing and judges nothing: what is unfinished is for
// `Recordings` to go on with.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@roomtape/media';
import { Journal, type JournalContent, readJournal } from './journal.ts';
import { type RecordingModel, reduceJournal } from './recording-model.ts';

/** One recording as found on disk. */
export type LoadedRecording = { readonly model: RecordingModel; readonly journal: Journal };

/** Reads every recording under the data directory; one that cannot be read is logged and left alone. */
export async function loadRecordings(options: {
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<LoadedRecording[]> {
  const { clock, log } = options;
  const root = join(options.dataDirectory, 'recordings');
  const loaded: LoadedRecording[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const directory = join(root, name);
    const content = await readJournal(directory).catch((error: unknown) => {
      log.warn({ error, directory }, 'journal unreadable');
      return undefined;
    });
    const model = content === undefined ? undefined : modelOf(content, name);
    if (content === undefined || model === undefined) {
      log.warn({ directory }, 'recording without a beginning left alone');
      continue;
    }
    if (content.damagedLines > 0) log.warn({ directory, lines: content.damagedLines }, 'journal lines skipped');
    loaded.push({ model, journal: Journal.resume({ directory, clock, log }, content) });
  }
  return loaded;
}

function modelOf(content: JournalContent, name: string): RecordingModel | undefined {
  const model = reduceJournal(content.events);
  return model?.recordingId === name ? model : undefined;
}
