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
    const found = await loadRecording({ directory, clock, log }, name);
    if (found !== undefined) loaded.push(found);
  }
  return loaded;
}

/** Reads one recording from its directory; `undefined` when it cannot be read, which is logged. */
export async function loadRecording(
  options: { readonly directory: string; readonly clock: Clock; readonly log: Log },
  recordingId: string,
): Promise<LoadedRecording | undefined> {
  const { directory, log } = options;
  const content = await readJournal(directory).catch((error: unknown) => {
    log.warn({ error, directory }, 'journal unreadable');
    return undefined;
  });
  const model = content === undefined ? undefined : modelOf(content, recordingId);
  if (content === undefined || model === undefined) {
    log.warn({ directory }, 'recording without a beginning left alone');
    return undefined;
  }
  if (content.damagedLines > 0) log.warn({ directory, lines: content.damagedLines }, 'journal lines skipped');
  return { model, journal: Journal.resume(options, content) };
}

function modelOf(content: JournalContent, name: string): RecordingModel | undefined {
  const model = reduceJournal(content.events);
  return model?.recordingId === name ? model : undefined;
}
