// Accounts for one track's time while its entries go by: what is recorded, and why the rest is not. Holes are
// found by timestamps (DTS), and placed on our wall clock to be explained by entries.

import { type MediaKind, type TrackId, ticksToUs, type UnixUs, unixUs } from '@roomtape/media';
import type { FrameEntry, Gap, TrackAdded } from './entry.ts';

/**
 * What became of a stretch of time. `recorded`: frames cover it. `lost`: lost in the network, or arrived and
 * cannot be decoded. `muted`, `paused`: on purpose. `gap`: an entry names another reason (reconnect,
 * process-restart, disk-full, overload, clock-jump). `missing`: no entry says why.
 */
export type SpanState = 'recorded' | 'lost' | 'muted' | 'paused' | 'gap' | 'missing';

/** A stretch of our wall clock and what became of it. */
export type AccountSpan = { readonly fromAt: UnixUs; readonly toAt: UnixUs; readonly state: SpanState };

/** A stretch an entry explains. */
export type Explanation = AccountSpan & { readonly trackId: TrackId | undefined };

/** Time without frames longer than this many frame intervals (and `HOLE_US_MIN`) is a hole. */
const HOLE_INTERVALS = 3;
const HOLE_US_MIN = 100_000;
/** Arrival jitter: an entry explains a hole that begins or ends this far beside it. */
const SLACK_US = 250_000;
/** Beyond this, timestamps and arrival tell different stories, and a hole is placed by arrival. */
const REANCHOR_US = 1_000_000;
/** Pictures sent in another order than they are shown go back by this at most; no frame is missing then. */
const REORDER_US_MAX = 1_000_000;
/**
 * Opus DTX: in silence the encoder makes packets of at most 2 bytes (RFC 6716 §2.1.9); WebRTC senders send
 * one of them, then one every 400 ms. Behind such a packet up to 1 s without another is recorded silence:
 * that spans one lost update. Anything lost in speech is preceded by a longer packet, so stays a hole.
 */
const DTX_BYTES_MAX = 2;
const DTX_US_MAX = 1_000_000;
const INTERVALS_KEPT = 32;

type Hole = { readonly fromAt: number; readonly toAt: number };

/** Builds the account of one track. Feed in entries' order, then `finish`. */
export class TrackTimeline {
  readonly track: TrackAdded;
  frames = 0;
  keyframes = 0;
  bytes = 0;
  endedAt: UnixUs | undefined;
  readonly #recorded: Hole[] = [];
  readonly #holes: Hole[] = [];
  readonly #intervals: number[] = [];
  #intervalUs = 0;
  /** The latest time so far, and the frames since it rose. */
  #lastUs = 0;
  #framesSinceRise = 0;
  #position = 0;
  #runStart = 0;
  #lastBytes = 0;
  #lastAt: UnixUs = unixUs(0);
  #gapNoted = false;

  constructor(track: TrackAdded) {
    this.track = track;
  }

  get mediaKind(): MediaKind {
    return this.track.mediaKind;
  }

  /** The usual distance of frames, as seen last. */
  get frameIntervalUs(): number {
    return this.#intervalUs;
  }

  addFrame(frame: FrameEntry): void {
    const us = ticksToUs(frame.dts, this.track.clockRate);
    const behindUs = this.frames === 0 ? 0 : this.#lastUs - us;
    const reordered = behindUs > 0 && behindUs <= REORDER_US_MAX && this.mediaKind === 'video';
    this.#framesSinceRise += 1;
    if (this.frames === 0) this.#startRun(frame.arrivedAt);
    else if (!reordered) this.#step(us - this.#lastUs, frame.arrivedAt);
    this.frames += 1;
    this.bytes += frame.data.length;
    if (frame.type === 'key') this.keyframes += 1;
    if (!reordered) {
      this.#lastUs = us;
      this.#framesSinceRise = 0;
    }
    this.#lastBytes = frame.data.length;
    this.#lastAt = frame.arrivedAt;
    this.#gapNoted = false;
  }

  /** An entry says that media is missing before the next frame: even one missing frame counts then. */
  noteGap(): void {
    this.#gapNoted = true;
  }

  /** Every stretch of the track from its first frame (without frames: its beginning) to `endAt`. */
  finish(endAt: UnixUs, explanations: readonly Explanation[]): AccountSpan[] {
    if (this.frames === 0) this.#holes.push({ fromAt: this.track.at, toAt: endAt });
    else this.#endRun(endAt);
    const spans: AccountSpan[] = this.#recorded.map((run) => span(run.fromAt, run.toAt, 'recorded'));
    const mine = explanations.filter((one) => one.trackId === undefined || one.trackId === this.track.trackId);
    const waitsForFirst = this.frames === 0 && endAt - this.track.at <= HOLE_US_MIN;
    for (const hole of this.#holes) if (!waitsForFirst) spans.push(...explain(hole, mine));
    return spans.filter((one) => one.toAt > one.fromAt).sort((a, b) => a.fromAt - b.fromAt);
  }

  #step(deltaUs: number, arrivedAt: number): void {
    const predicted = this.#position + Math.max(0, deltaUs);
    const disagrees = Math.abs(predicted - arrivedAt) > REANCHOR_US;
    const holeUs = this.#gapNoted ? 1.5 * this.#intervalUs : this.#holeUs();
    if (deltaUs <= holeUs && !(disagrees && deltaUs < 0)) {
      this.#learn(deltaUs / this.#framesSinceRise);
      this.#position = predicted;
      return;
    }
    const resumedAt = disagrees ? Math.max(arrivedAt, this.#position + this.#intervalUs) : predicted;
    this.#closeRun(this.#position + this.#intervalUs);
    this.#holes.push({ fromAt: this.#position + this.#intervalUs, toAt: resumedAt });
    this.#startRun(resumedAt);
  }

  #holeUs(): number {
    const usual = Math.max(HOLE_INTERVALS * this.#intervalUs, HOLE_US_MIN);
    const silent = this.track.codec === 'opus' && this.#lastBytes <= DTX_BYTES_MAX;
    return silent ? Math.max(usual, DTX_US_MAX) : usual;
  }

  // The median of the last intervals: follows a change of frame rate, ignores single late frames and DTX.
  #learn(deltaUs: number): void {
    if (deltaUs <= 0 || this.#lastBytes <= DTX_BYTES_MAX) return;
    this.#intervals.push(deltaUs);
    if (this.#intervals.length > INTERVALS_KEPT) this.#intervals.shift();
    if (this.#intervals.length > 8 && this.frames % 8 !== 0) return;
    const sorted = this.#intervals.toSorted((a, b) => a - b);
    this.#intervalUs = sorted[sorted.length >> 1] ?? 0;
  }

  #startRun(at: number): void {
    this.#position = at;
    this.#runStart = at;
  }

  #closeRun(at: number): void {
    this.#recorded.push({ fromAt: this.#runStart, toAt: at });
  }

  #endRun(endAt: number): void {
    const covered = this.#position + this.#intervalUs;
    this.#closeRun(covered);
    // By arrival: timestamps and our clock may have drifted apart on the way.
    const silentUs = endAt - this.#lastAt - this.#intervalUs;
    if (silentUs > Math.max(this.#holeUs(), SLACK_US)) this.#holes.push({ fromAt: covered, toAt: covered + silentUs });
  }
}

/** What a gap entry says of the time it spans. */
export function stateOfGap(gap: Gap): SpanState {
  return gap.reason === 'network-loss' || gap.reason === 'undecodable' ? 'lost' : 'gap';
}

// Paints a hole with the entries that touch it, earlier ones first. Short rests beside them are jitter and
// take their neighbour's state; longer ones are missing.
function explain(hole: Hole, explanations: readonly Explanation[]): AccountSpan[] {
  const touching = explanations.filter((one) => one.fromAt - SLACK_US < hole.toAt && one.toAt + SLACK_US > hole.fromAt);
  const spans: AccountSpan[] = [];
  let at = hole.fromAt;
  for (const one of touching) {
    const fromAt = one.fromAt - at <= SLACK_US ? at : one.fromAt;
    const toAt = hole.toAt - one.toAt <= SLACK_US ? hole.toAt : Math.min(one.toAt, hole.toAt);
    if (toAt <= at) continue;
    if (fromAt > at) spans.push(span(at, fromAt, 'missing'));
    spans.push(span(fromAt, toAt, one.state));
    at = toAt;
  }
  if (at < hole.toAt) spans.push(span(at, hole.toAt, 'missing'));
  return spans;
}

function span(fromAt: number, toAt: number, state: SpanState): AccountSpan {
  return { fromAt: unixUs(fromAt), toAt: unixUs(toAt), state };
}
