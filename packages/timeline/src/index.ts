export type {
  AudioPlan,
  FilePlan,
  FileTimeline,
  MissingSpan,
  Pause,
  PlanKnowledge,
  PlannedAction,
  PlannedFrame,
  Planner,
  PlannerOptions,
  Timeline,
  TrackTimeline,
  VideoPlan,
} from './plan.ts';
export { createPlanner } from './planner.ts';
export { printTimeline } from './print.ts';
