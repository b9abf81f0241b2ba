// The delay half of draft-ietf-rmcat-gcc-02: does queueing on the path grow? Packets sent in one burst are a
// group; a line through the smoothed delays of the last groups, against an adaptive threshold, gives the answer.

import type { UnixUs } from '@roomtape/media';

/** Whether queues on the path fill, empty, or neither. */
export type DelayState = 'normal' | 'rising' | 'falling';

const BURST_US = 5000;
const GROUPS = 20;
const SMOOTHING = 0.9;
/** Scales the slope to the threshold's unit, ms (gcc-02 §5.4, as deployed in libwebrtc). */
const GAIN = 4;
const GROUPS_IN_GAIN_MAX = 60;
const OVERUSE_MS_MIN = 10;
const THRESHOLD_MS_MIN = 6;
const THRESHOLD_MS_MAX = 600;
const THRESHOLD_UP = 0.0087;
const THRESHOLD_DOWN = 0.039;
/** A pause in sending longer than this starts the measurement anew. */
const PAUSE_US_MAX = 2_000_000;

type Group = { readonly firstSentAt: UnixUs; lastSentAt: UnixUs; lastReceivedUs: number };
type Point = { readonly atMs: number; readonly delayMs: number };

/** Follows the one-way delay of one transport, on clocks that need not agree. */
export class DelayTrend {
  #group: Group | undefined;
  #previous: Group | undefined;
  #originUs = 0;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  #points: Point[] = [];
  #groups = 0;
  #thresholdMs = 12.5;
  #thresholdAtMs = 0;
  #overuseMs = 0;
  #overuseCount = 0;
  #previousTrend = 0;
  #state: DelayState = 'normal';

  /** The state after the last packet. */
  get state(): DelayState {
    return this.#state;
  }

  /** Takes a packet that was received, in the order sent; packets older than the current burst are ignored. */
  packet(sentAt: UnixUs, receivedUs: number): void {
    const group = this.#group;
    if (group === undefined) {
      this.#originUs = receivedUs;
      this.#group = { firstSentAt: sentAt, lastSentAt: sentAt, lastReceivedUs: receivedUs };
      return;
    }
    if (sentAt < group.firstSentAt) return;
    if (sentAt - group.firstSentAt <= BURST_US) {
      group.lastSentAt = sentAt > group.lastSentAt ? sentAt : group.lastSentAt;
      group.lastReceivedUs = Math.max(group.lastReceivedUs, receivedUs);
      return;
    }
    if (this.#previous !== undefined) this.#compare(this.#previous, group);
    this.#previous = group;
    this.#group = { firstSentAt: sentAt, lastSentAt: sentAt, lastReceivedUs: receivedUs };
    if (sentAt - group.lastSentAt > PAUSE_US_MAX) this.#restart();
  }

  #compare(earlier: Group, later: Group): void {
    const sentMs = (later.lastSentAt - earlier.lastSentAt) / 1000;
    const receivedMs = (later.lastReceivedUs - earlier.lastReceivedUs) / 1000;
    this.#groups += 1;
    this.#accumulatedMs += receivedMs - sentMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#accumulatedMs;
    this.#points.push({ atMs: (later.lastReceivedUs - this.#originUs) / 1000, delayMs: this.#smoothedMs });
    if (this.#points.length > GROUPS) this.#points.shift();
    if (this.#points.length === GROUPS) this.#judge(slopeOf(this.#points), sentMs);
  }

  #judge(slope: number, sentMs: number): void {
    const trend = Math.min(this.#groups, GROUPS_IN_GAIN_MAX) * slope * GAIN;
    if (trend > this.#thresholdMs) {
      this.#overuseMs += sentMs;
      this.#overuseCount += 1;
      if (this.#overuseMs > OVERUSE_MS_MIN && this.#overuseCount > 1 && slope >= this.#previousTrend) {
        this.#overuseMs = 0;
        this.#overuseCount = 0;
        this.#state = 'rising';
      }
    } else {
      this.#overuseMs = 0;
      this.#overuseCount = 0;
      this.#state = trend < -this.#thresholdMs ? 'falling' : 'normal';
    }
    this.#previousTrend = slope;
    this.#adaptThreshold(Math.abs(trend));
  }

  #adaptThreshold(trendMs: number): void {
    const nowMs = this.#points.at(-1)?.atMs ?? 0;
    const elapsedMs = Math.max(0, Math.min(100, nowMs - this.#thresholdAtMs));
    this.#thresholdAtMs = nowMs;
    // A spike (a route change, a stalled peer) must not blind the detector for seconds.
    if (trendMs > this.#thresholdMs + 15) return;
    const speed = trendMs < this.#thresholdMs ? THRESHOLD_DOWN : THRESHOLD_UP;
    const adapted = this.#thresholdMs + speed * (trendMs - this.#thresholdMs) * elapsedMs;
    this.#thresholdMs = Math.max(THRESHOLD_MS_MIN, Math.min(THRESHOLD_MS_MAX, adapted));
  }

  #restart(): void {
    this.#previous = undefined;
    this.#points = [];
    this.#groups = 0;
    this.#accumulatedMs = 0;
    this.#smoothedMs = 0;
    this.#overuseMs = 0;
    this.#overuseCount = 0;
    this.#state = 'normal';
  }
}

/** Slope of the least-squares line, ms of delay per ms. */
function slopeOf(points: readonly Point[]): number {
  let sumAt = 0;
  let sumDelay = 0;
  for (const { atMs, delayMs } of points) {
    sumAt += atMs;
    sumDelay += delayMs;
  }
  const meanAt = sumAt / points.length;
  const meanDelay = sumDelay / points.length;
  let numerator = 0;
  let denominator = 0;
  for (const { atMs, delayMs } of points) {
    numerator += (atMs - meanAt) * (delayMs - meanDelay);
    denominator += (atMs - meanAt) ** 2;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}
