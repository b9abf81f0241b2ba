// What a recorder is told and what it tells back: plain data, so that it crosses a process boundary and can
// be kept in a journal.

import type { Container, FileCodec } from '@roomtape/ffmpeg';
import type { AudioCodec, CodecId, UnixUs } from '@roomtape/media';

/** Containers a single stream can be projected to; the last four hold its sound only. */
export type OutputContainer = Container;

/** Formats of single pictures. */
export type PictureFormat = 'jpeg' | 'webp';

/** A file of sound and moving pictures that is made of a tape. */
export type FileOutput = {
  /** `auto`: WebM for VP8, MP4 for everything else. A container that cannot carry the codecs is replaced by the one that can. */
  readonly container: OutputContainer | 'auto';
  readonly media: 'audio-video' | 'audio' | 'video';
  /** What sound becomes in MP4; other containers have one codec. `opus` keeps the publisher's packets. */
  readonly audioCodec: AudioCodec;
  /** HLS: shortest segment, ms; default 4000. */
  readonly segmentMs?: number;
  /** Another file is begun at the first keyframe after so much media, ms; not for HLS. */
  readonly newFileMs?: number;
  /** The same after about so many bytes; with both, whichever comes first. */
  readonly newFileBytes?: number;
};

/** A series of single pictures that is made of a tape. */
export type PictureOutput = {
  readonly container: PictureFormat;
  /** How far the pictures are apart, ms of media. */
  readonly everyMs: number;
  /** Width, px, even; the height follows. Absent: as the stream has it. */
  readonly width?: number;
};

/** One output of a job. */
export type ProjectionOutput = FileOutput | PictureOutput;

/** What every output of a job has in common. */
export type JobFacts = {
  readonly jobId: string;
  /** Directory of the tape to read. It may still be growing, or not exist yet. */
  readonly tapeDirectory: string;
  /** Directory the files go to; exists. */
  readonly outputDirectory: string;
  /** File name without extension; `-2`, `-3` … is appended to further files of the same output. */
  readonly fileName: string;
  /** Frames that arrived before this are not part of the recording. */
  readonly startAt: UnixUs;
  /** How much a crash of the recorder may hide from a reader of the file; the fragment length. */
  readonly fragmentMs: number;
};

/** One stream's tape to one file (or several, where a codec change or a limit makes new ones). */
export type FileJob = JobFacts &
  FileOutput & {
    /** File names in place of `fileName` in the containers where another output of the job has that one. */
    readonly names?: Readonly<Partial<Record<OutputContainer, string>>>;
  };

/** One stream's tape to a series of pictures. */
export type PictureJob = JobFacts & PictureOutput;

/** One stream's tape to one output, or to several at once. */
export type ProjectionJob = FileJob | (JobFacts & { readonly outputs: readonly ProjectionOutput[] });

/** A stretch of wall time that is cut out of the file; `toAt` is absent while it lasts. */
export type PauseSpan = { readonly fromAt: UnixUs; readonly toAt?: UnixUs };

/** Where a projection ends: at a wall time, and once the tape's entries up to `sequence` were read (absent: at its end). */
export type ProjectionEnd = { readonly stopAt: UnixUs; readonly sequence?: number };

/** One file as it is now or became. */
export type ProjectedFile = {
  readonly path: string;
  readonly container: OutputContainer | PictureFormat;
  /** Which of the job's outputs it belongs to, from 0; present where the job has `outputs`. */
  readonly output?: number;
  /** Its number among the files of its output, from 1; absent in journals of before there were outputs. */
  readonly part?: number;
  readonly state: 'recording' | 'finished';
  readonly bytes: number;
  readonly durationUs: number;
  /** Wall time of the file's first media. */
  readonly startedAt: UnixUs;
  readonly videoCodec?: CodecId;
  readonly audioCodec?: FileCodec;
  readonly width?: number;
  readonly height?: number;
  /** Media time of the file that no frame covers, µs, by reason. */
  readonly missingUs: Readonly<Record<string, number>>;
};

/** An output that was given up while others of its job go on. */
export type OutputFailure = { readonly output: number; readonly code: string; readonly message: string };

/** What a recorder reports. `finished` and `failed` are final; a job failed when none of its outputs could be made. */
export type ProjectionEvent =
  | {
      readonly kind: 'progressed';
      readonly jobId: string;
      readonly files: readonly ProjectedFile[];
      /** Present while the output cannot be written: it is tried again by itself, nothing is lost meanwhile. */
      readonly stalled?: { readonly code: string; readonly message: string };
      readonly givenUp?: readonly OutputFailure[];
      /** A file has reached its limit: the stream's next keyframe begins another one. */
      readonly awaitsKeyframe?: true;
    }
  | {
      readonly kind: 'finished';
      readonly jobId: string;
      readonly files: readonly ProjectedFile[];
      readonly givenUp?: readonly OutputFailure[];
    }
  | {
      readonly kind: 'failed';
      readonly jobId: string;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly files: readonly ProjectedFile[];
    };

/** Runs many projections in one process (a worker, or an embedder's own). */
export interface Recorder {
  /** Starts reading the tape and writing files; events follow. Starting a known job again does nothing. */
  start(job: ProjectionJob): void;
  /** Replaces the pauses of a running job; spans already projected do not change. */
  setPauses(jobId: string, pauses: readonly PauseSpan[]): void;
  /** Ends a job: reads to the end given, closes the files, reports `finished`. */
  finish(jobId: string, end: ProjectionEnd): void;
  /** Plain data for debugging: per job the tape position, lag and files. */
  describe(): Record<string, unknown>;
  /** Stops all jobs where they are; their files stay readable and a later start projects them again. */
  close(): Promise<void>;
}
