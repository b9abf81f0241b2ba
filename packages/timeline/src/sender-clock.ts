// One track's clock: ticks → our wall clock. Sender reports give the slope and the alignment with the other
// tracks of the connection, arrival gives the place in the room. It moves slowly, so that nothing jumps.
// Reports known to be late are corrected by `late-reports.ts`.

import { ticksToUs } from '@roomtape/media';
import type { ClockAnchor, FrameEntry } from '@roomtape/tape';
import { ArrivalMinimum } from './arrival-minimum.ts';
import type { ConnectionClock } from './connection-clock.ts';
import { LateReports } from './late-reports.ts';
import type { ReportBias } from './report-bias.ts';

/** Says that something about the clocks happened; counted in the timeline. */
export type ClockObserver = (event: 'fallback' | 'reset' | 'sender-step' | 'outlier' | 'media-lost') => void;

/** Reports older than this many are forgotten. */
const ANCHORS_MAX = 8;
/** A report this far off the others is not believed until a second one agrees, µs. */
const OUTLIER_US = 60_000;
/** Where reports are only ever late, this much is still lateness, µs. */
const LATE_OUTLIER_US = 500_000;
/**
 * A source that lost more leaves a hole; less is made up for slowly, µs. Reports and packets tell of the same loss when
 * they are no further apart than `agree`, or that part of it. Capture times are exact to a few ms.
 */
const LOST = { min: 60_000, agree: 40_000, part: 1 / 4 };
const LOST_BY_CAPTURE = { min: 15_000, agree: 15_000, part: 1 / 2 };
/** The map moves at most this fast: 1 % of the media that passes. */
const SLEW = 0.01;
/** No track drifts more than this; reports that say so are noise. */
const DRIFT_MAX = 0.01;
/** A frame cannot come from the future, nor so late; beyond that the source's clock was set, µs. */
const EARLY_MAX_US = 1_000_000;
const LATE_MAX_US = 5_000_000;
/** Reordered pictures go back by a few frames, not by this. */
const BACK_MAX_US = 1_000_000;
/** Two placements of one track further apart than any network explains, µs. */
const SANE_US = 2_000_000;

type Anchor = { readonly at: number; readonly offset: number };

/** What a track's clock is made of. */
export type SenderClockOptions = {
  readonly rate: number;
  readonly connection: ConnectionClock;
  readonly observe: ClockObserver;
  /** Given where the track's reports are late. */
  readonly bias: ReportBias | undefined;
};

/** Places the frames of one track on our wall clock. */
export class SenderClock {
  readonly #rate: number;
  readonly #connection: ConnectionClock;
  readonly #observe: ClockObserver;
  #anchors: Anchor[] = [];
  #doubtful: Anchor | undefined;
  /** Sum of the times the sender's wall clock was set, µs. */
  #steps = 0;
  /** Arrival minus ticks. */
  #arrival = new ArrivalMinimum();
  #lastUs: number | undefined;
  /** Wall clock minus ticks in use; undefined until placed. */
  #offset: number | undefined;
  readonly #late: LateReports | undefined;

  constructor(options: SenderClockOptions) {
    const { rate, connection, observe, bias } = options;
    this.#rate = rate;
    this.#connection = connection;
    this.#observe = observe;
    this.#late = bias === undefined ? undefined : new LateReports(connection.transit, bias);
  }

  /** Whether frames can be placed now. */
  get placed(): boolean {
    return this.#offset !== undefined;
  }

  /** Takes note of a frame; true when the source's clock was set and the track must be placed anew. */
  arrive(frame: FrameEntry, durationUs: number): boolean {
    const us = ticksToUs(frame.pts, this.#rate);
    const offset = frame.arrivedAt - us;
    const reset = this.#lastUs !== undefined && this.#wasSet(us, offset);
    if (reset) this.reset();
    const passed = this.#lastUs === undefined ? 0 : Math.max(0, us - this.#lastUs);
    this.#arrival.add(frame.arrivedAt, offset, passed);
    this.#lastUs = this.#lastUs === undefined ? us : Math.max(us, this.#lastUs);
    this.#late?.arrive(us, offset, durationUs);
    this.#connection.arrive(frame.arrivedAt, this.#anchors.length === 0 ? undefined : offset - this.#senderOffset(us));
    return reset;
  }

  /** Forgets everything: the next frame's ticks have nothing to do with the last one's. */
  reset(): void {
    this.#observe('reset');
    this.#anchors = this.#doubtful === undefined ? [] : [this.#doubtful];
    this.#doubtful = undefined;
    this.#arrival = new ArrivalMinimum();
    this.#lastUs = undefined;
    this.#offset = undefined;
    this.#late?.reset();
  }

  /** Takes a sender report. */
  anchor(entry: ClockAnchor): void {
    const at = ticksToUs(entry.ticks, this.#rate);
    let offset = entry.senderAt - at - this.#steps;
    if (this.#anchors.length > 0) {
      const deviation = offset - this.#senderOffset(at);
      if (this.#isLost(deviation, entry)) this.#leaveHole(deviation);
      else if (Math.abs(deviation) > (this.#late === undefined ? OUTLIER_US : LATE_OUTLIER_US)) {
        if (!this.#believe({ at, offset }, deviation)) return;
        offset -= deviation;
      }
    }
    this.#doubtful = undefined;
    this.#anchors.push({ at, offset });
    const isCapture = entry.source === 'capture-time';
    // The time a report takes to us; a capture time is told late by what capture and encoding take.
    if (!isCapture) this.#connection.transit.add(entry.arrivedAt, entry.arrivedAt - entry.senderAt);
    this.#late?.report(at, offset, isCapture);
    if (this.#anchors.length > ANCHORS_MAX) this.#anchors.shift();
    if (this.#offset !== undefined) this.#connection.place(this.#offset - this.#senderOffset(at));
  }

  /** Places the track if it can be: by sender reports, or `force`d by arrival alone. */
  tryPlace(force: boolean): boolean {
    if (this.#offset !== undefined) return true;
    if (!Number.isFinite(this.#arrival.earliest)) return false;
    if (this.#anchors.length === 0) {
      if (!force) return false;
      this.#observe('fallback');
      this.#offset = this.#arrival.earliest;
      return true;
    }
    if (!force && !(this.#connection.settled && this.#late?.settled !== false)) return false;
    const sender = this.#senderOffset(this.#lastUs ?? 0);
    const bySender = sender + this.#connection.place(this.#arrival.earliest - sender);
    const sane = Math.abs(bySender - this.#arrival.earliest) <= SANE_US;
    if (!sane) this.#observe('outlier');
    this.#offset = sane ? bySender : this.#arrival.earliest;
    return true;
  }

  /** The wall time of a point of a placed track, µs. Points given in decode order; `passedUs` is media since the last. */
  wallOf(us: number, passedUs: number): number {
    const offset = this.#offset ?? this.#arrival.earliest;
    const base = this.#connection.senderToWall;
    if (base !== undefined && this.#anchors.length > 0) {
      const wanted = this.#senderOffset(us) + base;
      const most = Math.max(0, passedUs) * SLEW;
      if (Math.abs(wanted - offset) <= SANE_US) {
        this.#offset = offset + Math.max(-most, Math.min(most, wanted - offset));
        return us + this.#offset;
      }
    }
    return us + offset;
  }

  /**
   * Whether the source lost media: its clock stood still. Then all packets since are as late as the report says; where
   * only the packets are late it is the network, where only the report is it is the sender's wall clock.
   */
  #isLost(deviation: number, { source }: ClockAnchor): boolean {
    const lateness = this.#arrival.recentLateness;
    const { min, agree, part } = source === 'capture-time' ? LOST_BY_CAPTURE : LOST;
    // Reports that are late themselves are so by as much as their packets.
    const isExact = this.#late === undefined || source === 'capture-time';
    const agrees = Math.abs(lateness - deviation) <= Math.max(agree, deviation * part);
    return isExact && deviation >= min && lateness >= min / 2 && agrees;
  }

  /** What comes next stands where it belongs at once: moving there slowly would take minutes. */
  #leaveHole(deviation: number): void {
    this.#observe('media-lost');
    this.#anchors = [];
    this.#arrival.forgetOld();
    this.#late?.restart();
    if (this.#offset !== undefined) this.#offset += deviation;
  }

  #wasSet(us: number, offset: number): boolean {
    const late = offset - this.#arrival.earliest;
    const back = (this.#lastUs ?? us) - us;
    return late < -EARLY_MAX_US || late > LATE_MAX_US || back > BACK_MAX_US;
  }

  /** Sender's clock minus ticks at a point: the line through the oldest and the newest report kept. */
  #senderOffset(us: number): number {
    const corrected = this.#late?.offsetAt(us);
    if (corrected !== undefined) return corrected;
    const newest = this.#anchors[this.#anchors.length - 1];
    const oldest = this.#anchors[0];
    if (newest === undefined || oldest === undefined) return 0;
    const span = newest.at - oldest.at;
    if (span < 500_000) return newest.offset;
    const slope = Math.max(-DRIFT_MAX, Math.min(DRIFT_MAX, (newest.offset - oldest.offset) / span));
    return newest.offset + slope * (us - newest.at);
  }

  /** A second report that agrees with the doubtful one: the sender's wall clock was set, its media was not. */
  #believe(anchor: Anchor, deviation: number): boolean {
    const agrees = this.#doubtful !== undefined && Math.abs(anchor.offset - this.#doubtful.offset) < OUTLIER_US;
    if (!agrees) {
      this.#doubtful = anchor;
      this.#observe('outlier');
      return false;
    }
    this.#observe('sender-step');
    // Taking the step out of all further reports keeps the map where it is.
    this.#steps += deviation;
    this.#late?.distrustTransit();
    return true;
  }
}
