export type {
  AudioPlan,
  FilePlan,
  FileTimeline,
  MissingSpan,
  Pause,
  PlanKnowledge,
  PlannedAction,
  PlannedFrame,
  PlannerOptions,
  Timeline,
  TrackTimeline,
  VideoPlan,
} from './plan.ts';
export { createPlanner, type Planner } from './planner.ts';
export { printTimeline } from './print.ts';
