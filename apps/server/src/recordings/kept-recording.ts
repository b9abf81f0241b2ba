// A recording in memory: its model, its journal, and what changes too often to be journaled.

import type { ProjectedFile } from '@roomtape/recorder';
import type { Journal } from './journal.ts';
import type { RecordingModel } from './recording-model.ts';

/** A recording with what is not in its journal: files as they grow. */
export type KeptRecording = {
  model: RecordingModel;
  readonly journal: Journal;
  readonly growing: Map<string, readonly ProjectedFile[]>;
  /** Jobs that are being ended, and jobs whose files cannot be written for now. */
  readonly ending: Set<string>;
  readonly delayed: Set<string>;
};

/** Keeps a recording that was begun or loaded. */
export function keepRecording(model: RecordingModel, journal: Journal): KeptRecording {
  return { model, journal, growing: new Map(), ending: new Set(), delayed: new Set() };
}
