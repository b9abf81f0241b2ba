// Sender-side estimate of what a path carries (draft-ietf-rmcat-gcc-02): delay trend and loss, AIMD. Made for
// choosing a simulcast layer per viewer, not for pacing; sends no probes, so it learns little above what is sent.

import { msToUs, type UnixUs } from '@roomtape/media';
import { type DelayState, DelayTrend } from './delay-trend.ts';
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
  /** Estimated capacity. Rises to at most 1.5 times what is delivered plus 10 kbit/s: more is not known. */
  readonly bitrateBps: number;
  /** Delivered over the last half second, as the receiver saw it; 0 before that. */
  readonly deliveredBps: number;
  /** Share of packets lost, 0 to 1, smoothed over about half a second. */
  readonly lossRatio: number;
  readonly delay: DelayState;
};

const WINDOW_US = 500_000;
const LOSS_PACKETS_MIN = 20;
const LOSS_INTERVAL_US = 200_000;
const LOSS_HIGH = 0.1;
const LOSS_LOW = 0.02;
const BACKOFF = 0.85;
/** Rise per second far from, and near, the rate at which the path was last full. */
const RISE_FAST = 0.08;
const RISE_NEAR = 0.03;
/** Arrivals kept for the delivered rate, whatever the window. */
const ARRIVALS_MAX = 8192;

type Arrival = { readonly receivedUs: number; readonly bytes: number };

/** Estimates one transport's outgoing capacity from its transport-wide feedback. */
export class BandwidthEstimator {
  readonly #minBps: number;
  readonly #maxBps: number;
  readonly #trend = new DelayTrend();
  #bitrateBps: number;
  #arrivals: Arrival[] = [];
  #deliveredBps = 0;
  #lossRatio = 0;
  #lossSent = 0;
  #lossMissing = 0;
  #lossSince: UnixUs | undefined;
  /** Delivered rate when the path was last full, 0 while unknown. */
  #fullBps = 0;
  #lastReportAt: UnixUs | undefined;
  #cutAt = Number.NEGATIVE_INFINITY;
  #roundTripUs = 100_000;

  constructor(options: BandwidthEstimatorOptions = {}) {
    this.#minBps = options.minBps ?? 50_000;
    this.#maxBps = options.maxBps ?? 20_000_000;
    this.#bitrateBps = options.startBps ?? 300_000;
  }

  /** The estimate in force. */
  get state(): PathState {
    return {
      bitrateBps: Math.round(this.#bitrateBps),
      deliveredBps: Math.round(this.#deliveredBps),
      lossRatio: this.#lossRatio,
      delay: this.#trend.state,
    };
  }

  /** Takes one matched feedback and returns the new estimate. */
  report(report: TwccReport, now: UnixUs): PathState {
    for (const { sentAt, bytes, receivedUs } of report.outcomes) {
      if (receivedUs === undefined) continue;
      this.#trend.packet(sentAt, receivedUs);
      this.#arrivals.push({ receivedUs, bytes });
    }
    if (report.roundTripUs !== undefined) this.#roundTripUs = report.roundTripUs;
    this.#measureDelivered();
    const lossMeasured = this.#measureLoss(report, now);
    const elapsedUs = Math.min(1_000_000, now - (this.#lastReportAt ?? now));
    this.#lastReportAt = now;
    if (this.#trend.state === 'rising') this.#cutForDelay(now);
    else if (this.#lossRatio > LOSS_HIGH) this.#cutForLoss(lossMeasured);
    else if (this.#trend.state === 'normal') this.#rise(elapsedUs);
    this.#bitrateBps = Math.max(this.#minBps, Math.min(this.#maxBps, this.#bitrateBps));
    return this.state;
  }

  #measureDelivered(): void {
    let newest = Number.NEGATIVE_INFINITY;
    for (const { receivedUs } of this.#arrivals) newest = Math.max(newest, receivedUs);
    const from = newest - WINDOW_US;
    this.#arrivals = this.#arrivals.filter((a) => a.receivedUs > from).slice(-ARRIVALS_MAX);
    let bytes = 0;
    for (const arrival of this.#arrivals) bytes += arrival.bytes;
    this.#deliveredBps = (bytes * 8 * 1_000_000) / WINDOW_US;
  }

  #measureLoss(report: TwccReport, now: UnixUs): boolean {
    this.#lossSince ??= now;
    this.#lossSent += report.sent;
    this.#lossMissing += report.sent - report.received;
    if (this.#lossSent < LOSS_PACKETS_MIN || now - this.#lossSince < LOSS_INTERVAL_US) return false;
    this.#lossRatio = 0.5 * this.#lossRatio + (0.5 * this.#lossMissing) / this.#lossSent;
    this.#lossSent = 0;
    this.#lossMissing = 0;
    this.#lossSince = now;
    return true;
  }

  #cutForDelay(now: UnixUs): void {
    // One cut per reaction time: what is in flight was sent before the last one took effect.
    if (now - this.#cutAt < this.#roundTripUs + msToUs(100)) return;
    this.#cutAt = now;
    this.#fullBps = this.#deliveredBps;
    this.#bitrateBps = Math.min(this.#bitrateBps, BACKOFF * this.#deliveredBps);
  }

  #cutForLoss(measured: boolean): void {
    if (measured) this.#bitrateBps *= 1 - 0.5 * this.#lossRatio;
  }

  #rise(elapsedUs: number): void {
    if (this.#deliveredBps > 1.2 * this.#fullBps) this.#fullBps = 0;
    // What arrives without queues growing is proof of capacity (a layer was tried, and fits).
    this.#bitrateBps = Math.max(this.#bitrateBps, Math.min(this.#deliveredBps, this.#fullBps || Infinity));
    if (this.#lossRatio > LOSS_LOW) return;
    const isNear = this.#fullBps > 0 && this.#bitrateBps > 0.8 * this.#fullBps;
    const risen = this.#bitrateBps * (1 + ((isNear ? RISE_NEAR : RISE_FAST) * elapsedUs) / 1_000_000);
    const ceiling = 1.5 * this.#deliveredBps + 10_000;
    this.#bitrateBps = Math.max(this.#bitrateBps, Math.min(risen, ceiling));
  }
}
