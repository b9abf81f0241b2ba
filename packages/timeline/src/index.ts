export { LowerLayers } from './lower-layers.ts';
export type {
  AudioPlan,
  FilePlan,
  FileTimeline,
  MissingSpan,
  NewFileLimit,
  Pause,
  PlanKnowledge,
  PlannedAction,
  PlannedFrame,
  PlannedSilence,
  Planner,
  PlannerOptions,
  Timeline,
  TrackTimeline,
  VideoPlan,
} from './plan.ts';
export { createPlanner, isBreaking } from './planner.ts';
export { printTimeline } from './print.ts';
export { TapePlacer, type TapePlacerHandlers } from './tape-placer.ts';
export { durationOf, type TapeTrack, type TimedFrame } from './tape-track.ts';
