export { isPartOf } from './output-file.ts';
export type { OutputProjection, StepResult } from './output-projection.ts';
export { isPictureOf } from './pictures/picture-index.ts';
export { type SnapshotJob, takeSnapshot } from './pictures/snapshot.ts';
export { wallAfter } from './pictures/wall-time.ts';
export type {
  FileJob,
  FileOutput,
  JobFacts,
  OutputContainer,
  OutputFailure,
  PauseSpan,
  PictureFormat,
  PictureJob,
  PictureOutput,
  ProjectedFile,
  ProjectionEnd,
  ProjectionEvent,
  ProjectionJob,
  ProjectionOutput,
  Recorder,
} from './projection-job.ts';
export { createRecorder, type RecorderOptions } from './recorder.ts';
export { type RenderOptions, renderTape } from './render-tape.ts';
