export type {
  OutputContainer,
  PauseSpan,
  ProjectedFile,
  ProjectionEnd,
  ProjectionEvent,
  ProjectionJob,
  Recorder,
} from './projection-job.ts';
