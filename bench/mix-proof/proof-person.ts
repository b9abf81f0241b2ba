// Somebody in the proof's room, and what is known of them without asking the server: when they were surely seen and
// heard, and when each of their pictures was taken. All times are wall time, µs.

import type { UnixUs } from '@roomtape/media';
import type { SyntheticSource, WhipClient } from '@roomtape/testkit';

/** A stretch of wall time; `to` is Infinity while it lasts. */
export type Span = { readonly from: number; to: number };

/** One publication with a source of its own: picture 0 was taken at `startAt`. */
export type Life = { readonly joinedAt: number; readonly startAt: number };

/** What may be true of somebody for a while. `silent` is said of who is here and muted. */
export type Condition = 'heard' | 'seen' | 'silent' | 'lossy';

const FPS = 30;

/** Somebody with a number of their own, which is in their pictures and in the pitch of their voice. */
export class ProofPerson {
  readonly name: string;
  readonly index: number;
  readonly lives: Life[] = [];
  readonly spans: Readonly<Record<Condition, Span[]>> = { heard: [], seen: [], silent: [], lossy: [] };
  /** The present connection, kept by whoever moves this person. */
  client: WhipClient | undefined;
  source: SyntheticSource | undefined;

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  /** Pictures a second of every synthetic participant of the proof. */
  static get fps(): number {
    return FPS;
  }

  begin(condition: Condition, at: UnixUs): void {
    if (!this.is(condition)) this.spans[condition].push({ from: at, to: Number.POSITIVE_INFINITY });
  }

  end(condition: Condition, at: UnixUs): void {
    const last = this.spans[condition].at(-1);
    if (last !== undefined && last.to === Number.POSITIVE_INFINITY) last.to = at;
  }

  /** Whether a condition holds at present. */
  is(condition: Condition): boolean {
    return this.spans[condition].at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  /** Whether a condition held from `before` µs before a moment to `after` µs after it. */
  was(condition: Condition, at: number, margin: { readonly before: number; readonly after: number }): boolean {
    return this.spans[condition].some(({ from, to }) => at - margin.before >= from && at + margin.after <= to);
  }

  /** Whether a condition held at any time between two. */
  touches(condition: Condition, from: number, to: number): boolean {
    return this.spans[condition].some((span) => span.from < to && span.to > from);
  }

  /** When the picture with a number was taken, as a life at a wall time counts. */
  takenAt(counter: number, at: number): number | undefined {
    const life = this.lifeAt(at);
    return life === undefined ? undefined : life.startAt + (counter * 1e6) / FPS;
  }

  /** The number of the picture taken at a wall time. */
  counterAt(at: number): number | undefined {
    const life = this.lifeAt(at);
    return life === undefined ? undefined : Math.round(((at - life.startAt) * FPS) / 1e6);
  }

  /** The publication that was current at a wall time. */
  lifeAt(at: number): Life | undefined {
    return this.lives.findLast(({ joinedAt }) => joinedAt <= at);
  }
}
