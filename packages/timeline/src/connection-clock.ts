// The sender's clock on ours: what the tracks of one connection share. Where somebody stands in the room follows the
// quickest packets, so that who begins with late ones does not stay behind the others, and clocks that drift apart
// for hours stay together. All tracks move together: sound and picture keep their places to each other.

import { LateEnvelope } from './late-envelope.ts';

/** Off the quickest packets by less than this is left alone, µs: moving is worse than a place that is so little off. */
const TOLERANCE_US = 40_000;
/** Frames seen before the quickest among them is believed to be quick, µs of arrival. */
const SETTLE_US = 500_000;
/** A place moves at most this fast: half of what a track may, so that all tracks of the connection can follow. */
const SLEW = 0.005;
/** The quickest packet is forgotten this fast, so that a clock that drifts is followed: 100 ppm. */
const LEAK = 0.000_1;

/** What the tracks of one connection share. */
export class ConnectionClock {
  /** Kinds of the tracks it has had. */
  readonly kinds = new Set<string>();
  /** How long reports take to us, plus our clock minus the sender's, µs; by our wall clock. */
  // Slower to give in than sound: with a path that grew longer, sound must not seem early meanwhile.
  readonly transit = new LateEnvelope({ stepSeconds: 15 });
  #senderToWall: number | undefined;
  /** Where the connection moves to. */
  #target = 0;
  #quickest = Number.POSITIVE_INFINITY;
  #firstAt: number | undefined;
  #lastAt = 0;

  /** Our wall clock minus the sender's, µs, the smallest network delay included; `undefined` until placed. */
  get senderToWall(): number | undefined {
    return this.#senderToWall;
  }

  /** Whether enough was seen to place the connection well. */
  get settled(): boolean {
    if (this.#senderToWall !== undefined) return true;
    return this.#firstAt !== undefined && this.#lastAt - this.#firstAt >= SETTLE_US;
  }

  /** Places the connection in the room if it is not placed yet; returns where it stands, µs. */
  place(senderToWall: number): number {
    if (this.#senderToWall === undefined) {
      this.#senderToWall = Math.min(senderToWall, this.#quickest);
      this.#target = this.#senderToWall;
    }
    return this.#senderToWall;
  }

  /** Takes note of a frame of any track: its arrival, wall µs, and by how much that is later than the sender says. */
  arrive(arrivedAt: number, delay: number | undefined): void {
    const passed = Math.max(0, arrivedAt - (this.#firstAt === undefined ? arrivedAt : this.#lastAt));
    this.#firstAt ??= arrivedAt;
    this.#lastAt = Math.max(this.#lastAt, arrivedAt);
    this.#quickest += passed * LEAK;
    if (delay !== undefined) this.#quickest = Math.min(delay, this.#quickest);
    this.#move(passed * SLEW);
  }

  #move(most: number): void {
    if (this.#senderToWall === undefined) return;
    if (Math.abs(this.#target - this.#quickest) > TOLERANCE_US) this.#target = this.#quickest;
    this.#senderToWall += Math.max(-most, Math.min(most, this.#target - this.#senderToWall));
  }
}
