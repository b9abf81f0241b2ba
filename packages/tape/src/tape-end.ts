// What a tape's files say about its end: where to continue and what was in force. Reads only the last chunks:
// each repeats what is in force at its start. Changes nothing on disk.

import { join } from 'node:path';
import type { TrackId, UnixUs } from '@roomtape/media';
import type { TrackAdded } from './entry.ts';
import { nodeFilesystem, type TapeFilesystem } from './filesystem.ts';
import { CHUNK_HEADER_BYTES, chunkName, decodeChunkHeader } from './format.ts';
import { listChunkNumbers, openTapeReader, type SkippedRange } from './tape-reader.ts';
import { TapeState, timeOf } from './tape-state.ts';

/** How an existing tape ends. */
export type RecoveredTape = {
  readonly tapeId: string;
  readonly sealed: boolean;
  /** Time of the latest entry that survived; the writer was alive at least until then. Absent: nothing survived. */
  readonly lastAt?: UnixUs;
  /** Sequence the next entry gets. */
  readonly nextSequence: number;
  /** Tracks that were added and not ended. */
  readonly openTracks: readonly TrackAdded[];
  readonly mutedTrackIds: readonly TrackId[];
  readonly paused: boolean;
  /** First track number never used. */
  readonly nextTrackId: TrackId;
  /** What could not be read at the end; a torn tail after a crash is normal. */
  readonly skipped: readonly SkippedRange[];
};

/** A recovered tape with what a writer needs to continue it. */
export type TapeEnd = { readonly facts: RecoveredTape; readonly state: TapeState; readonly nextChunkNumber: number };

/** Reads the end of a tape; for the writer that continues it. */
export function readTapeEnd(directory: string, filesystem: TapeFilesystem): TapeEnd | undefined {
  const numbers = listChunkNumbers(filesystem, directory);
  const last = numbers.at(-1);
  if (last === undefined) return undefined;
  for (const start of readableStarts(directory, { filesystem, numbers })) {
    const end = readFrom(directory, { filesystem, start, nextChunkNumber: last + 1 });
    if (end !== undefined) return end;
  }
  const whole = { chunkNumber: -1, tapeId: '', firstSequence: 0 };
  return readFrom(directory, { filesystem, start: whole, nextChunkNumber: last + 1 });
}

/**
 * First sequence of a tape's newest chunk: where a reader begins that wants what is written now and not the hours
 * before. 0 when there is no tape yet.
 */
export function newestChunkStart(directory: string, filesystem: TapeFilesystem = nodeFilesystem): number {
  const numbers = listChunkNumbers(filesystem, directory);
  for (const { firstSequence } of readableStarts(directory, { filesystem, numbers })) return firstSequence;
  return 0;
}

type Start = { readonly chunkNumber: number; readonly tapeId: string; readonly firstSequence: number };

// `undefined` when reading from an earlier chunk would tell more: the repeated entries may not be whole.
function readFrom(
  directory: string,
  from: { readonly filesystem: TapeFilesystem; readonly start: Start; readonly nextChunkNumber: number },
): TapeEnd | undefined {
  const { filesystem, start } = from;
  const state = new TapeState();
  const skipped: SkippedRange[] = [];
  let lastAt: UnixUs | undefined;
  const reader = openTapeReader(directory, { fromSequence: start.firstSequence, filesystem });
  for (;;) {
    const batch = reader.readBatch();
    skipped.push(...batch.skipped);
    for (const item of batch.entries) {
      state.apply(item);
      const at = timeOf(item.entry);
      if (lastAt === undefined || at > lastAt) lastAt = at;
    }
    if (batch.atEnd) break;
  }
  const facts = describeEnd({ tapeId: start.tapeId, state, nextSequence: reader.nextSequence, skipped });
  reader.close();
  const damaged = skipped.some((range) => range.reason === 'damaged');
  if (start.chunkNumber > 0 && (lastAt === undefined || damaged)) return undefined;
  return { facts: lastAt === undefined ? facts : { ...facts, lastAt }, state, nextChunkNumber: from.nextChunkNumber };
}

function describeEnd(end: {
  tapeId: string;
  state: TapeState;
  nextSequence: number;
  skipped: readonly SkippedRange[];
}): RecoveredTape {
  const { tapeId, state, nextSequence, skipped } = end;
  return {
    tapeId,
    sealed: state.sealed,
    nextSequence,
    openTracks: state.openTracks,
    mutedTrackIds: state.mutedTrackIds,
    paused: state.paused,
    nextTrackId: state.nextTrackId,
    skipped,
  };
}

// Chunks with a sound header, the last one first.
function* readableStarts(
  directory: string,
  tape: { readonly filesystem: TapeFilesystem; readonly numbers: readonly number[] },
): Iterable<Start> {
  for (const chunkNumber of [...tape.numbers].reverse()) {
    const file = tape.filesystem.openForReading(join(directory, chunkName(chunkNumber)));
    if (file === undefined) continue;
    const bytes = new Uint8Array(CHUNK_HEADER_BYTES);
    const filled = file.read(bytes, 0);
    file.close();
    const header = decodeChunkHeader(bytes.subarray(0, filled));
    if (header !== undefined) yield { chunkNumber, tapeId: header.tapeId, firstSequence: header.firstSequence };
  }
}
