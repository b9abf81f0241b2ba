// What a page and its recording worker tell each other. Times are µs of the clock both share: Unix time as
// `performance` tells it, which never jumps while the page lives.

import type { ContainerName } from '../containers/container-writer.ts';
import type { DataRecordConfig, DataRecordProgress } from './record-config.ts';
import type { RecordKinds } from './record-path.ts';

/** Kinds of tracks. */
export type TrackKind = 'video' | 'audio';

/** A track whose pictures or blocks of sound the worker reads from now on; without `readable` there is none. */
export type TrackMessage = {
  readonly kind: 'track';
  readonly track: TrackKind;
  /** Counts the tracks of that kind, so that the end of one is not taken for the end of the next. */
  readonly generation: number;
  readonly readable: ReadableStream<VideoFrame> | ReadableStream<AudioData> | undefined;
  /** Known before the first picture or block came; 0 where it is not. */
  readonly hint: { readonly width: number; readonly height: number; readonly channelCount: number };
  readonly delayUs: number;
  /** Where the page's clock begins. */
  readonly pageOriginUs: number;
};

/** From the page to the worker. */
export type WorkerRequest =
  | { readonly kind: 'warm' }
  | {
      readonly kind: 'start';
      /** Without what cannot be sent, its target. */
      readonly config: DataRecordConfig;
      readonly container: ContainerName;
      readonly kinds: RecordKinds;
    }
  | TrackMessage
  | { readonly kind: 'pause' | 'resume' | 'stop'; readonly atUs: number }
  /** Another way: the browser's own recorder makes the file, the worker only keeps and finishes it. */
  | { readonly kind: 'start-chunks'; readonly config: DataRecordConfig }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'stop-chunks'; readonly durationUs: number };

/** An error as it crosses threads. */
export type SentError = {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** From the worker to the page. */
export type WorkerReport =
  /** It listens. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'created'; readonly id: string }
  /** The film has begun; its pictures are of that codec. */
  | { readonly kind: 'started'; readonly videoCodec?: 'h264' | 'h265' }
  | { readonly kind: 'progress'; readonly progress: DataRecordProgress }
  | { readonly kind: 'track-ended'; readonly track: TrackKind; readonly generation: number }
  /** It cannot go on; `finished` or `lost` follows if it had started. */
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'finished'; readonly file: File }
  /** What there is stays in the storage, unfinished. */
  | { readonly kind: 'lost'; readonly error: SentError };

/** Now, on the clock that a page and its workers share, µs. */
export function sharedNowUs(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}
