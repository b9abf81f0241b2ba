// What a part of the benchmark `local` is: it plays on the stage, prints its table, and hands back figures and goals.

import type { Goal } from '../benchmark.ts';
import type { FilmFigures } from './film-measure.ts';
import type { LocalStage } from './stage.ts';

/** How the parts are asked to run. */
export type LocalPlan = {
  readonly stage: LocalStage;
  readonly isQuick: boolean;
  /** Also what takes half an hour. */
  readonly isLong: boolean;
  /** Kills. */
  readonly points: number;
};

/** What a part found. */
export type PartResult = {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly goals: readonly Goal[];
};

/** One part; a failure of one does not keep the others from running. */
export type LocalPart = {
  readonly name: string;
  /** Runs only with `--long`. */
  readonly isLong?: boolean;
  run(plan: LocalPlan): Promise<PartResult>;
};

/** Column names of `filmRow`. */
export const FILM_COLUMNS = [
  'film',
  'beeps',
  'A/V offset ms',
  'spread ms',
  'drift ms/10 min',
  'length error ms',
  'begins after start ms',
  'ends after stop ms',
  'pictures lost',
  'of',
  'worst gap ms',
  'decode errors',
];

/** One film as a row of a table. */
export function filmRow(label: string, film: FilmFigures): (string | number)[] {
  return [
    label,
    film.beeps,
    film.offsetMs,
    film.spreadMs,
    film.driftMsPer10Min === undefined ? '-' : `${film.driftMsPer10Min} ± ${film.driftErrorMsPer10Min}`,
    film.durationErrorMs,
    film.firstPictureAfterStartMs,
    film.endAfterStopMs,
    film.framesLost,
    film.framesGiven,
    film.worstGapMs,
    film.decodeErrors,
  ];
}
