// Wall time ↔ recording time across pauses: sections that are kept, each with its place on the timeline. What
// was already planned never moves; later pauses only shorten what is still open.

import type { Pause } from './plan.ts';

/** A stretch of wall time that is kept. */
export type Section = {
  fromWall: number;
  /** Infinity while nothing ends it. */
  toWall: number;
  /** Wall time that stands at `originMedia`; set when the section's first frame is chosen. */
  originWall: number | undefined;
  originMedia: number;
  /** Wall time up to which its frames were handed out. */
  plannedTo: number;
};

/** The sections of one recording. */
export class Sections {
  #sections: Section[];
  readonly #startWall: number;
  #stopWall = Number.POSITIVE_INFINITY;
  #pauses: readonly Pause[] = [];
  #taped: Pause[] = [];

  constructor(startWall: number) {
    this.#startWall = startWall;
    this.#sections = [section(startWall)];
  }

  /** The section a wall time belongs to; `undefined` when it is cut out. */
  at(wall: number): Section | undefined {
    for (let i = this.#sections.length - 1; i >= 0; i -= 1) {
      const candidate = this.#sections[i];
      if (candidate !== undefined && wall >= candidate.fromWall) return wall < candidate.toWall ? candidate : undefined;
    }
    return undefined;
  }

  /** Fixes a section's place: its first frame stands where the section before it ended. */
  begin(target: Section, originWall: number): void {
    const index = this.#sections.indexOf(target);
    const before = this.#sections.slice(0, index).findLast((earlier) => earlier.originWall !== undefined);
    target.originMedia =
      before?.originWall === undefined ? 0 : before.originMedia + (before.toWall - before.originWall);
    target.originWall = originWall;
  }

  /** Replaces the pauses that were called for. */
  setPauses(pauses: readonly Pause[]): void {
    this.#pauses = pauses;
    this.#rebuild();
  }

  /** Takes note of a pause the tape tells of. */
  taped(kind: 'paused' | 'resumed', at: number): void {
    const last = this.#taped[this.#taped.length - 1];
    if (kind === 'paused' && (last === undefined || last.toAt !== undefined)) this.#taped.push({ fromAt: at as never });
    if (kind === 'resumed' && last !== undefined && last.toAt === undefined)
      this.#taped[this.#taped.length - 1] = { fromAt: last.fromAt, toAt: at as never };
    this.#rebuild();
  }

  /** Nothing at or after this wall time is part of the recording. */
  stop(wall: number): void {
    this.#stopWall = Math.min(this.#stopWall, wall);
    this.#rebuild();
  }

  /** Where the recording ends on its own timeline as far as was told, µs; Infinity while nothing ends it. */
  endMedia(): number {
    const last = this.#sections.findLast((candidate) => candidate.originWall !== undefined);
    if (last?.originWall === undefined) return Number.POSITIVE_INFINITY;
    return last.originMedia + (last.toWall - last.originWall);
  }

  #rebuild(): void {
    const old = this.#sections;
    const cuts = this.#cuts();
    const rebuilt: Section[] = [];
    let from = this.#startWall;
    for (const cut of cuts) {
      if (cut.from > from) rebuilt.push({ ...section(from), toWall: cut.from });
      from = Math.max(from, cut.to);
    }
    if (from < Number.POSITIVE_INFINITY) rebuilt.push(section(from));
    // A section that has begun keeps its identity: what it already holds is still one stretch.
    this.#sections = rebuilt.map((fresh) => {
      const known = old.find((earlier) => earlier.originWall !== undefined && overlaps(earlier, fresh));
      if (known !== undefined) known.toWall = fresh.toWall;
      return known ?? fresh;
    });
  }

  /** All stretches cut out, in order, united; none reaches into what is planned. */
  #cuts(): { from: number; to: number }[] {
    const spans = [...this.#pauses, ...this.#taped].map((pause) => ({
      from: this.#afterPlanned(pause.fromAt),
      to: (pause.toAt ?? Number.POSITIVE_INFINITY) as number,
    }));
    spans.push({ from: this.#afterOrigin(this.#stopWall), to: Number.POSITIVE_INFINITY });
    const sorted = spans.filter((s) => s.to > s.from).sort((a, b) => a.from - b.from);
    const united: { from: number; to: number }[] = [];
    for (const span of sorted) {
      const last = united[united.length - 1];
      if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
      else united.push({ ...span });
    }
    return united;
  }

  /** A cut that falls into what is already handed out comes after it. */
  #afterPlanned(wall: number): number {
    const inside = this.#sections.find((s) => s.originWall !== undefined && wall >= s.fromWall && wall < s.plannedTo);
    return inside?.plannedTo ?? wall;
  }

  /** The end holds also for what is handed out, as most of that still waits; but a section that began has a start. */
  #afterOrigin(wall: number): number {
    const inside = this.#sections.find((s) => s.originWall !== undefined && wall >= s.fromWall && wall < s.plannedTo);
    return Math.max(wall, (inside?.originWall ?? Number.NEGATIVE_INFINITY) + 1);
  }
}

function section(fromWall: number): Section {
  return {
    fromWall,
    toWall: Number.POSITIVE_INFINITY,
    originWall: undefined,
    originMedia: 0,
    plannedTo: Number.NEGATIVE_INFINITY,
  };
}

function overlaps(known: Section, fresh: Section): boolean {
  const origin = known.originWall ?? known.fromWall;
  return origin >= fresh.fromWall && origin < fresh.toWall;
}
