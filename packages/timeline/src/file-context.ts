// What a file in the making asks of the planner it belongs to.

import type { MediaKind } from '@roomtape/media';
import type { Absences } from './absences.ts';
import type { Carried } from './file-cut.ts';
import type { AudioPlan, FilePlan, NewFileLimit, PlannedAction, VideoPlan } from './plan.ts';

/** What a file planner asks of its owner. */
export type FileContext = {
  readonly file: number;
  readonly wants: (kind: MediaKind) => boolean;
  readonly transcodesAudio: boolean;
  readonly known: FilePlan | undefined;
  readonly newFile: NewFileLimit | undefined;
  /** Present when this file goes on where another one was cut. */
  readonly carried: Carried | undefined;
  readonly absences: Absences;
  readonly describeVideo: () => Omit<VideoPlan, 'reorder'> | undefined;
  readonly describeAudio: () => Omit<AudioPlan, 'stereo'> | undefined;
  /** Whether frames of this kind arrived that cannot be placed yet. */
  readonly isHeld: (kind: MediaKind) => boolean;
  /** Whether a track of this kind is there that has not ended. */
  readonly hasTrack: (kind: MediaKind) => boolean;
  readonly emit: (action: PlannedAction) => void;
  /** Asks for another pass with better knowledge of this file. */
  readonly replan: (reason: string, plan: FilePlan) => void;
  readonly drop: (reason: string) => void;
};
