// The sender's own wall clock, learned from its sender reports (RFC 3550 §6.4.1): RTP ticks ⇄ sender time, for
// aligning tracks of one sender. Untrusted: absurd reports are refused, and nothing here is our clock.

import { msToUs, ntpToUnixUs, type Ticks, ticks, ticksToUs, type UnixUs, unixUs, usToTicks } from '@roomtape/media';
import type { SenderReport } from './rtcp-report.ts';

/** A sender report as the tape keeps it: `ticks` on this track is `senderAt` on the sender's clock. */
export type SenderAnchor = {
  readonly ticks: Ticks;
  readonly senderAt: UnixUs;
  readonly arrivedAt: UnixUs;
};

/** Why a report was refused. */
export type AnchorRefusal =
  /** The sender has no wall clock (NTP zero), as RFC 3550 §6.4.1 allows. */
  | 'no-clock'
  /** No media of this stream arrived yet, or the report's timestamp is far from it. */
  | 'far-from-media'
  /** Older than, or the same as, the last report. */
  | 'stale'
  /** The two clocks of the sender moved apart more than oscillators do; accepted if the next one agrees. */
  | 'clocks-disagree';

/** What became of a report. `stepped` says that the sender's wall clock was set in between. */
export type AnchorResult =
  | { readonly kind: 'accepted'; readonly anchor: SenderAnchor; readonly stepped: boolean }
  | { readonly kind: 'refused'; readonly reason: AnchorRefusal };

/** Setup of a `SenderClock`. */
export type SenderClockOptions = {
  readonly clockRate: number;
  /** Furthest a report may lie from the newest media of its stream. Default 10000. */
  readonly distanceMsMax?: number;
  /** Deviation between two reports that is always tolerated. Default 100. */
  readonly deviationMsMax?: number;
};

/** Drift between a media clock and a wall clock that is still believed: 1 %, far beyond any oscillator. */
const DRIFT_MAX = 0.01;

/** Maps one stream's RTP ticks to its sender's wall clock and back. */
export class SenderClock {
  readonly #clockRate: number;
  readonly #distanceTicksMax: number;
  readonly #deviationUsMax: number;
  #anchor: SenderAnchor | undefined;
  /** A refused report that a following one may confirm. */
  #candidate: SenderAnchor | undefined;

  constructor(options: SenderClockOptions) {
    this.#clockRate = options.clockRate;
    this.#distanceTicksMax = usToTicks(msToUs(options.distanceMsMax ?? 10_000), options.clockRate);
    this.#deviationUsMax = msToUs(options.deviationMsMax ?? 100);
  }

  /** The last accepted report. */
  get anchor(): SenderAnchor | undefined {
    return this.#anchor;
  }

  /**
   * Takes a report. `position` is where its RTP timestamp lies in unwrapped ticks (`TimestampUnwrapper.peek`)
   * and `latest` the newest media's ticks, both undefined before media came.
   */
  report(
    report: Pick<SenderReport, 'ntpSeconds' | 'ntpFraction'>,
    at: { readonly position: Ticks | undefined; readonly latest: Ticks | undefined; readonly arrivedAt: UnixUs },
  ): AnchorResult {
    if (report.ntpSeconds === 0 && report.ntpFraction === 0) return { kind: 'refused', reason: 'no-clock' };
    const { position, latest, arrivedAt } = at;
    if (position === undefined || latest === undefined || Math.abs(position - latest) > this.#distanceTicksMax) {
      return { kind: 'refused', reason: 'far-from-media' };
    }
    const anchor = { ticks: position, senderAt: ntpToUnixUs(report.ntpSeconds, report.ntpFraction), arrivedAt };
    const previous = this.#anchor;
    if (previous === undefined) return this.#accept(anchor, false);
    if (anchor.ticks === previous.ticks && anchor.senderAt === previous.senderAt) {
      return { kind: 'refused', reason: 'stale' };
    }
    if (this.#agree(previous, anchor)) return this.#accept(anchor, false);
    if (anchor.ticks < previous.ticks && anchor.senderAt < previous.senderAt) {
      return { kind: 'refused', reason: 'stale' };
    }
    if (this.#candidate !== undefined && this.#agree(this.#candidate, anchor)) return this.#accept(anchor, true);
    this.#candidate = anchor;
    return { kind: 'refused', reason: 'clocks-disagree' };
  }

  /** Converts a point of the stream to the sender's wall clock; `undefined` before the first report. */
  senderAtOf(point: Ticks): UnixUs | undefined {
    const anchor = this.#anchor;
    if (anchor === undefined) return undefined;
    return unixUs(anchor.senderAt + ticksToUs(ticks(point - anchor.ticks), this.#clockRate));
  }

  /** Converts a moment of the sender's wall clock to a point of the stream; `undefined` before the first report. */
  ticksOf(senderAt: UnixUs): Ticks | undefined {
    const anchor = this.#anchor;
    if (anchor === undefined) return undefined;
    return ticks(anchor.ticks + usToTicks(senderAt - anchor.senderAt, this.#clockRate));
  }

  /** Forgets everything: the stream's numbering restarted. */
  reset(): void {
    this.#anchor = undefined;
    this.#candidate = undefined;
  }

  #agree(earlier: SenderAnchor, later: SenderAnchor): boolean {
    const mediaUs = ticksToUs(ticks(later.ticks - earlier.ticks), this.#clockRate);
    const wallUs = later.senderAt - earlier.senderAt;
    if (mediaUs < 0 || wallUs < 0) return false;
    return Math.abs(mediaUs - wallUs) <= this.#deviationUsMax + wallUs * DRIFT_MAX;
  }

  #accept(anchor: SenderAnchor, stepped: boolean): AnchorResult {
    this.#anchor = anchor;
    this.#candidate = undefined;
    return { kind: 'accepted', anchor, stepped };
  }
}
