// Sender-side estimate of what a path carries (draft-ietf-rmcat-gcc-02): delay trend and loss, AIMD. Made for
// choosing a simulcast layer per viewer, not for pacing: it follows in about a second, not per packet.

import type { UnixUs } from '@roomtape/media';

import type { TwccReport } from './twcc-sender.ts';

/** Limits of a `BandwidthEstimator`, bits per second. */
export type BandwidthEstimatorOptions = {
  /** Default 300 000. */
  readonly startBps?: number;
  /** Default 50 000. */
  readonly minBps?: number;
  /** Default 20 000 000. */
  readonly maxBps?: number;
};

/** What the path looks like now. */
export type PathState = {
  /** Estimated capacity; at most 1.5 times what was really delivered, plus 10 kbit/s, while it rises. */
  readonly bitrateBps: number;
  /** Delivered lately, as the receiver saw it; 0 before the first full window. */
  readonly deliveredBps: number;
  /** Smoothed share of packets lost, 0 to 1. */
  readonly lossRatio: number;
  readonly delay: 'normal' | 'rising' | 'falling';
};

/** Estimates one transport's outgoing capacity from its transport-wide feedback. */
export class BandwidthEstimator {
  constructor(options: BandwidthEstimatorOptions = {}) {
    void options;
  }

  /** The estimate in force. */
  get state(): PathState {
    return { bitrateBps: 0, deliveredBps: 0, lossRatio: 0, delay: 'normal' };
  }

  /** Takes one matched feedback and returns the new estimate. */
  report(report: TwccReport, now: UnixUs): PathState {
    void report;
    void now;
    return this.state;
  }
}
