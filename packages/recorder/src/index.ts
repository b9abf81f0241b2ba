export { isPartOf } from './output-file.ts';
export type {
  OutputContainer,
  PauseSpan,
  ProjectedFile,
  ProjectionEnd,
  ProjectionEvent,
  ProjectionJob,
  Recorder,
} from './projection-job.ts';
export { createRecorder, type RecorderOptions } from './recorder.ts';
export { type RenderOptions, renderTape } from './render-tape.ts';
