// What a recording's folder says of itself: lines of JSON, appended and never changed, so that no crash can spoil what
// was said before. The first line is what was begun, a later one that it is finished.

import type { PcmFacts } from '../audio/pcm-file.ts';
import type { AudioTrackFacts, VideoTrackFacts } from '../containers/container-writer.ts';
import type { StoredContainer } from './stored-recording.ts';

/** The first line. */
export type BegunLine = {
  readonly version: 1;
  readonly id: string;
  readonly filePath: string;
  readonly container: StoredContainer;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly video?: VideoTrackFacts;
  readonly audio?: AudioTrackFacts;
  /** Of raw sound. */
  readonly pcm?: PcmFacts;
};

/** The last line. */
export type FinishedLine = {
  readonly finishedAt: string;
  readonly durationUs: number;
  /** Where it differs from the first line: a recovered recording whose path was taken. */
  readonly filePath?: string;
};

/** What a journal says as a whole. */
export type JournalFacts = { readonly begun: BegunLine; readonly finished: FinishedLine | undefined };

/** Writes a line. */
export function journalLine(line: BegunLine | FinishedLine): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(line)}\n`);
}

/** Reads a journal, a torn last line left out; `undefined` when not even its first line is whole. */
export function readJournal(text: string): JournalFacts | undefined {
  const lines = text.split('\n').slice(0, -1).map(parse);
  const begun = lines[0];
  if (!isBegun(begun)) return undefined;
  return { begun, finished: lines.slice(1).findLast(isFinished) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isBegun(value: unknown): value is BegunLine {
  const line = value as Partial<BegunLine> | undefined;
  return line?.version === 1 && typeof line.id === 'string' && typeof line.filePath === 'string';
}

function isFinished(value: unknown): value is FinishedLine {
  return typeof (value as Partial<FinishedLine> | undefined)?.durationUs === 'number';
}
