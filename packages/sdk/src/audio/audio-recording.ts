// Recordings of raw sound as .wav or .pcm: an observer whose frames go into the storage of this browser.

import { clientError, type RoomtapeClientError } from '../errors.ts';
import type { RecordingStore } from '../storage/recording-store.ts';
import type { AudioTapPorts } from './audio-data-observer.ts';

/** A recording of sound as it is asked for. */
export type AudioRecordingConfig = {
  /** `captured`, `playback` or `mixed` as for observers, or one played stream. */
  readonly source: 'captured' | 'playback' | 'mixed' | { readonly streamId: string };
  /** Ends in `.wav` or `.pcm` (16 bit, little endian, interleaved, no header). */
  readonly filePath: string;
  /** A whole number of Hz from 8000 to 48 000. Default 48 000. */
  readonly sampleRate?: number;
  /** Default 1. */
  readonly channels?: 1 | 2;
  readonly ifExists?: 'overwrite' | 'fail' | 'rename';
  /** How often progress is told, ms, 100 to 10 000. Default 1000. */
  readonly progressIntervalMs?: number;
};

/** How far a recording of sound is. */
export type AudioRecordingProgress = {
  readonly durationMs: number;
  readonly currentFileBytes: number;
  /** Samples that the browser lost so far; silence stands in their place. */
  readonly lostSamples: number;
};

/** What a recording of sound needs and whom it tells. */
export type AudioRecordingOptions = {
  readonly ports: AudioTapPorts;
  readonly store: RecordingStore;
  readonly config: AudioRecordingConfig;
  onState?(state: 'recording' | 'success' | 'no-record', error: RoomtapeClientError | undefined): void;
  onProgress?(progress: AudioRecordingProgress): void;
};

/** A running recording of sound. */
export type AudioRecording = {
  /** Ends it at this moment; the same file when called again. */
  stop(): Promise<File>;
};

/** Starts a recording; resolves when it is running. Rejects with a typed error, which `onState` is told too. */
export async function startAudioRecording(options: AudioRecordingOptions): Promise<AudioRecording> {
  throw clientError('NOT_SUPPORTED', { details: { filePath: options.config.filePath } });
}
