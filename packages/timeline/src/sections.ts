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
};

/** The sections of one recording. */
export class Sections {
  #sections: Section[];
  readonly #startWall: number;
  #stopWall = Number.POSITIVE_INFINITY;
  #pauses: readonly Pause[] = [];
  #taped: Pause[] = [];
  /** Wall time up to which frames were handed out. */
  #plannedWall = Number.NEGATIVE_INFINITY;

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

  /** Remembers that frames up to here are planned and stay. */
  planned(wall: number): void {
    this.#plannedWall = Math.max(this.#plannedWall, wall);
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
    for (const fresh of rebuilt) {
      const known = old.find((earlier) => earlier.originWall !== undefined && overlaps(earlier, fresh));
      if (known === undefined) continue;
      fresh.originWall = known.originWall;
      fresh.originMedia = known.originMedia;
      fresh.fromWall = known.fromWall;
    }
    this.#sections = rebuilt;
  }

  /** All stretches cut out, in order, united; none reaches into what is planned. */
  #cuts(): { from: number; to: number }[] {
    const inside = this.#sections.findLast((s) => s.originWall !== undefined && s.toWall > this.#plannedWall);
    const floor = inside === undefined ? Number.NEGATIVE_INFINITY : this.#plannedWall;
    const spans = [...this.#pauses, ...this.#taped].map((pause) => ({
      from: pause.fromAt as number,
      to: (pause.toAt ?? Number.POSITIVE_INFINITY) as number,
    }));
    spans.push({ from: this.#stopWall, to: Number.POSITIVE_INFINITY });
    const late = spans.map((s) =>
      inside !== undefined && s.from >= inside.fromWall ? { ...s, from: Math.max(s.from, floor) } : s,
    );
    const sorted = late.filter((s) => s.to > s.from).sort((a, b) => a.from - b.from);
    const united: { from: number; to: number }[] = [];
    for (const span of sorted) {
      const last = united[united.length - 1];
      if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
      else united.push({ ...span });
    }
    return united;
  }
}

function section(fromWall: number): Section {
  return { fromWall, toWall: Number.POSITIVE_INFINITY, originWall: undefined, originMedia: 0 };
}

function overlaps(known: Section, fresh: Section): boolean {
  const origin = known.originWall ?? known.fromWall;
  return origin >= fresh.fromWall && origin < fresh.toWall;
}
