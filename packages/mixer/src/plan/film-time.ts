// Wall time ↔ film time: the film begins at its start, leaves pauses out and ends where it is stopped. Pure.

import { type MediaUs, mediaUs, type UnixUs, unixUs } from '@roomtape/media';
import type { MixFacts } from '../mix-job.ts';

type Section = { readonly fromAt: number; readonly toAt: number; readonly filmUs: number };

/** The map of one film, for the facts as they are. */
export class FilmTime {
  readonly #sections: readonly Section[];

  constructor(facts: Pick<MixFacts, 'startAt' | 'stopAt' | 'pauses'>) {
    this.#sections = sectionsOf(facts);
  }

  /** Length of the film as far as it is known, µs; Infinity while nothing ends or pauses it. */
  get knownUs(): number {
    const last = this.#sections.at(-1);
    return last === undefined ? 0 : last.filmUs + (last.toAt - last.fromAt);
  }

  /** The wall time of a moment of the film; a moment at a cut belongs to what comes after it. */
  wallOf(filmUs: number): UnixUs {
    const section = this.#sections.findLast((candidate) => candidate.filmUs <= filmUs) ?? this.#sections[0];
    return unixUs(section === undefined ? 0 : Math.round(section.fromAt + (filmUs - section.filmUs)));
  }

  /** The moment of the film at a wall time; `undefined` when that is not in the film. */
  filmOf(wall: number): MediaUs | undefined {
    const section = this.#sections.find((candidate) => wall >= candidate.fromAt && wall < candidate.toAt);
    return section === undefined ? undefined : mediaUs(Math.round(section.filmUs + (wall - section.fromAt)));
  }
}

/** The moment a film's facts say it ends, for callers that show progress; `undefined` while it goes on. */
export function filmLengthUs(facts: MixFacts): MediaUs | undefined {
  const known = new FilmTime(facts).knownUs;
  return facts.stopAt === undefined ? undefined : mediaUs(Math.round(known));
}

function sectionsOf({ startAt, stopAt, pauses }: Pick<MixFacts, 'startAt' | 'stopAt' | 'pauses'>): Section[] {
  const end = stopAt ?? Number.POSITIVE_INFINITY;
  const sorted = [...pauses].sort((a, b) => a.fromAt - b.fromAt);
  const sections: Section[] = [];
  let [from, filmUs] = [startAt as number, 0];
  for (const pause of sorted) {
    const to = Math.min(end, pause.fromAt);
    if (to > from) {
      sections.push({ fromAt: from, toAt: to, filmUs });
      filmUs += to - from;
    }
    from = Math.max(from, pause.toAt ?? Number.POSITIVE_INFINITY);
  }
  if (end > from) sections.push({ fromAt: from, toAt: end, filmUs });
  return sections;
}
