// Accounts for every second of every track of a tape, from its entries alone. Does not decode media, and
// cannot tell a camera that slowed down from frames that are missing.

import { type CodecId, type MediaKind, type TrackId, type UnixUs, unixUs, usToMsFloor } from '@roomtape/media';
import type { SequencedEntry, TapeEntry } from './entry.ts';
import type { TapeFilesystem } from './filesystem.ts';
import { openTapeReader, type SkippedRange } from './tape-reader.ts';
import { timeOf } from './tape-state.ts';
import { type AccountSpan, type Explanation, type SpanState, stateOfGap, TrackTimeline } from './track-account.ts';

/** Milliseconds by what became of them; sums of points on the tape's wall clock. */
export type AccountedMs = Readonly<Record<`${SpanState}Ms`, number>>;

/** One track's account. */
export type TrackAccount = AccountedMs & {
  readonly trackId: TrackId;
  readonly mediaKind: MediaKind;
  readonly codec: CodecId;
  readonly frames: number;
  readonly keyframes: number;
  readonly bytes: number;
  /** Usual distance of frames, derived from their timestamps; 0 with fewer than two frames. */
  readonly frameIntervalMs: number;
  /** Whether timestamps have no hole but those entries explain. */
  readonly continuous: boolean;
  /**
   * One letter per second of the tape: `R` recorded, `L` lost in the network, `M` muted, `P` paused, `G` gap
   * with a stated reason, `X` missing, `.` the track is not there. A second is what is worst in 100 ms of it.
   */
  readonly seconds: string;
  readonly spans: readonly AccountSpan[];
};

/** A tape's account. */
export type TapeAccount = {
  readonly tapeId: string;
  readonly startedAt: UnixUs;
  readonly endedAt: UnixUs;
  readonly sealed: boolean;
  readonly entries: number;
  readonly tracks: readonly TrackAccount[];
  /** Sums over all tracks. */
  readonly totals: AccountedMs;
  /** What could not be read. */
  readonly skipped: readonly SkippedRange[];
};

const WORST_FIRST: ReadonlyArray<readonly [SpanState, string]> = [
  ['missing', 'X'],
  ['lost', 'L'],
  ['gap', 'G'],
  ['paused', 'P'],
  ['muted', 'M'],
  ['recorded', 'R'],
];
const SECOND_US = 1_000_000;
/** Less than this of a second does not name it, unless nothing else happened in it. */
const NAMING_US_MIN = 100_000;

/** Reads a tape as far as it is written and accounts for it. */
export function verifyTape(directory: string, options: { readonly filesystem?: TapeFilesystem } = {}): TapeAccount {
  const walk = new TapeWalk();
  const reader = openTapeReader(directory, options);
  try {
    for (;;) {
      const batch = reader.readBatch();
      walk.skipped.push(...batch.skipped);
      for (const item of batch.entries) walk.take(item);
      if (batch.atEnd) return walk.account(batch.sealed);
    }
  } finally {
    reader.close();
  }
}

class TapeWalk {
  readonly skipped: SkippedRange[] = [];
  readonly #timelines = new Map<TrackId, TrackTimeline>();
  readonly #explanations: Explanation[] = [];
  readonly #mutedAt = new Map<TrackId, UnixUs>();
  #pausedAt: UnixUs | undefined;
  #tapeId = '';
  #startedAt: UnixUs | undefined;
  #endedAt: UnixUs = unixUs(0);
  #entries = 0;

  take({ entry }: SequencedEntry): void {
    const at = timeOf(entry);
    this.#startedAt ??= at;
    if (at > this.#endedAt) this.#endedAt = at;
    this.#entries += 1;
    if (entry.kind === 'frame') this.#timelines.get(entry.trackId)?.addFrame(entry);
    else this.#takeFact(entry);
  }

  account(sealed: boolean): TapeAccount {
    for (const trackId of [...this.#mutedAt.keys()]) this.#unmute(trackId, this.#endedAt);
    this.#resume(this.#endedAt);
    this.#explanations.sort((a, b) => a.fromAt - b.fromAt);
    const startedAt = this.#startedAt ?? this.#endedAt;
    const tape = { startedAt, endedAt: this.#endedAt };
    const tracks = [...this.#timelines.values()].map((timeline) => this.#accountTrack(timeline, tape));
    const totals = sumSpans(tracks.flatMap((track) => track.spans));
    const { skipped } = this;
    return { tapeId: this.#tapeId, ...tape, sealed, entries: this.#entries, tracks, totals, skipped };
  }

  #takeFact(entry: Exclude<TapeEntry, { kind: 'frame' }>): void {
    if (entry.kind === 'tape-opened') this.#tapeId = entry.tapeId;
    if (entry.kind === 'track-added') this.#timelines.set(entry.trackId, new TrackTimeline(entry));
    if (entry.kind === 'muted') this.#mutedAt.set(entry.trackId, this.#mutedAt.get(entry.trackId) ?? entry.at);
    if (entry.kind === 'unmuted') this.#unmute(entry.trackId, entry.at);
    if (entry.kind === 'paused') this.#pausedAt ??= entry.at;
    if (entry.kind === 'resumed') this.#resume(entry.at);
    if (entry.kind === 'gap') {
      const { fromAt, toAt, trackId } = entry;
      this.#explanations.push({ fromAt, toAt, trackId, state: stateOfGap(entry) });
      for (const [id, timeline] of this.#timelines) if (trackId === undefined || id === trackId) timeline.noteGap();
    }
    if (entry.kind !== 'track-ended') return;
    this.#unmute(entry.trackId, entry.at);
    const timeline = this.#timelines.get(entry.trackId);
    if (timeline !== undefined) timeline.endedAt = entry.at;
  }

  #unmute(trackId: TrackId, toAt: UnixUs): void {
    const fromAt = this.#mutedAt.get(trackId);
    if (fromAt === undefined) return;
    this.#explanations.push({ fromAt, toAt, trackId, state: 'muted' });
    this.#mutedAt.delete(trackId);
  }

  #resume(toAt: UnixUs): void {
    if (this.#pausedAt === undefined) return;
    this.#explanations.push({ fromAt: this.#pausedAt, toAt, trackId: undefined, state: 'paused' });
    this.#pausedAt = undefined;
  }

  #accountTrack(timeline: TrackTimeline, tape: { startedAt: UnixUs; endedAt: UnixUs }): TrackAccount {
    const { track, frames, keyframes, bytes } = timeline;
    const spans = timeline.finish(timeline.endedAt ?? tape.endedAt, this.#explanations);
    const sums = sumSpans(spans);
    return {
      trackId: track.trackId,
      mediaKind: track.mediaKind,
      codec: track.codec,
      frames,
      keyframes,
      bytes,
      frameIntervalMs: timeline.frameIntervalUs / 1000,
      continuous: sums.missingMs === 0,
      ...sums,
      seconds: codeSeconds(spans, tape),
      spans,
    };
  }
}

function sumSpans(spans: readonly AccountSpan[]): AccountedMs {
  const us = { recorded: 0, lost: 0, muted: 0, paused: 0, gap: 0, missing: 0 };
  for (const span of spans) us[span.state] += span.toAt - span.fromAt;
  return {
    recordedMs: usToMsFloor(us.recorded),
    lostMs: usToMsFloor(us.lost),
    mutedMs: usToMsFloor(us.muted),
    pausedMs: usToMsFloor(us.paused),
    gapMs: usToMsFloor(us.gap),
    missingMs: usToMsFloor(us.missing),
  };
}

function codeSeconds(spans: readonly AccountSpan[], tape: { startedAt: UnixUs; endedAt: UnixUs }): string {
  const count = Math.max(1, Math.ceil((tape.endedAt - tape.startedAt) / SECOND_US));
  const perSecond = Array.from({ length: count }, () => new Map<SpanState, number>());
  for (const span of spans) {
    const first = Math.max(0, Math.floor((span.fromAt - tape.startedAt) / SECOND_US));
    for (let index = first; index < count; index += 1) {
      const from = tape.startedAt + index * SECOND_US;
      if (from >= span.toAt) break;
      const us = Math.min(span.toAt, from + SECOND_US) - Math.max(span.fromAt, from);
      const second = perSecond[index];
      second?.set(span.state, (second.get(span.state) ?? 0) + us);
    }
  }
  return perSecond.map(codeOf).join('');
}

function codeOf(second: ReadonlyMap<SpanState, number>): string {
  const present = WORST_FIRST.filter(([state]) => (second.get(state) ?? 0) > 0);
  const naming = present.find(([state]) => (second.get(state) ?? 0) >= NAMING_US_MIN);
  return (naming ?? present[0])?.[1] ?? '.';
}
