// The facts of a recording, one JSON line each. The closed union is the journal's format: a released kind keeps
// its meaning for ever, readers skip kinds they do not know.

import type { MixSettings, StartRecordingRequest, StreamKind } from '@roomtape/api';
import type { UnixUs } from '@roomtape/media';
import type { MixFacts, MixStream } from '@roomtape/mixer';
import type { ProjectedFile } from '@roomtape/recorder';

/** What a recording was begun with; `upload`: made elsewhere, nothing of it was ever taped. */
export type KeptRequest = Omit<StartRecordingRequest, 'mode'> & {
  readonly mode: StartRecordingRequest['mode'] | 'upload';
  /** The finished recording whose tapes a film was made of later. */
  readonly renderedFrom?: string;
};

/** What a film made later is made of, as it was when it was asked for. */
export type RenderOrigin = Pick<MixFacts, 'startAt' | 'pauses' | 'settings'> & {
  readonly stopAt: UnixUs;
  readonly streams: readonly (Omit<MixStream, 'tapeDirectory'> & { readonly tapeId: string })[];
};

/** One fact of a recording. `at` is when it became true. */
export type JournalEvent = { readonly at: UnixUs } & (
  | {
      readonly kind: 'started';
      readonly recordingId: string;
      readonly request: KeptRequest;
      readonly idempotencyKey?: string;
      /** A film made later is whole from its first line on: nothing is waited for, and it is stopped already. */
      readonly render?: {
        readonly origin: RenderOrigin;
        readonly jobId: string;
        readonly tapeId: string;
        readonly fileName: string;
      };
    }
  /** A stream is taped for this recording; its file will be `fileName`. */
  | {
      readonly kind: 'stream-linked';
      readonly jobId: string;
      readonly tapeId: string;
      readonly streamId: string;
      readonly userId: string;
      /** Absent in journals of before mixes, and where the name is the id. */
      readonly userName?: string;
      /** Absent: a camera. */
      readonly streamKind?: StreamKind | undefined;
      readonly fileName: string;
    }
  /** A mixed recording: the room's film has a tape of its own, and its file will be `fileName`. */
  | {
      readonly kind: 'film-opened';
      readonly jobId: string;
      readonly tapeId: string;
      readonly fileName: string;
      readonly settings: MixSettings;
    }
  /** From now on the film looks and sounds so. */
  | { readonly kind: 'layout-changed'; readonly settings: MixSettings }
  /** The first media of a linked stream is on its tape. */
  | { readonly kind: 'media-started'; readonly jobId: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'stopped' }
  /** A linked stream is taped no more; `sequence` is the last entry that counts, absent when unknown. */
  | { readonly kind: 'stream-ended'; readonly jobId: string; readonly sequence?: number }
  /** A linked stream never had media: there is no file. */
  | { readonly kind: 'stream-discarded'; readonly jobId: string }
  | { readonly kind: 'files-finished'; readonly jobId: string; readonly files: readonly ProjectedFile[] }
  | {
      readonly kind: 'projection-failed';
      readonly jobId: string;
      readonly code: string;
      readonly message: string;
      readonly files: readonly ProjectedFile[];
    }
  /** A picture was taken of a stream or of the film. */
  | {
      readonly kind: 'snapshot-taken';
      readonly jobId: string;
      readonly streamId: string;
      readonly userId: string;
      readonly file: ProjectedFile;
    }
  | { readonly kind: 'problem'; readonly code: string; readonly message: string; readonly streamId?: string }
  | { readonly kind: 'problem-resolved'; readonly code: string; readonly streamId?: string }
);

/** A fact before it is known when it became true. */
export type JournalFact = JournalEvent extends infer E ? (E extends JournalEvent ? Omit<E, 'at'> : never) : never;

const KINDS: ReadonlySet<string> = new Set<JournalEvent['kind']>([
  'started',
  'stream-linked',
  'film-opened',
  'layout-changed',
  'media-started',
  'paused',
  'resumed',
  'stopped',
  'stream-ended',
  'stream-discarded',
  'files-finished',
  'projection-failed',
  'snapshot-taken',
  'problem',
  'problem-resolved',
]);

/** Reads one line of a journal; `undefined` when it is damaged or of an unknown kind. */
export function parseJournalLine(line: string): JournalEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJournalEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJournalEvent(value: unknown): value is JournalEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, at } = value as { kind?: unknown; at?: unknown };
  return typeof kind === 'string' && KINDS.has(kind) && typeof at === 'number';
}
