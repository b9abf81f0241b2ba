// Why media is missing: the tape's facts about gaps and mutes, looked up by wall time when a hole is found.

import type { MediaKind } from '@roomtape/media';
import type { MuteChanged } from '@roomtape/tape';

type Absence = { readonly reason: string; readonly kind: MediaKind | undefined; readonly from: number; to: number };

/** Facts older than this many are forgotten; holes are looked up soon after they end. */
const FACTS_MAX = 512;
/** Gaps are stamped by arrival, holes by the sender's clock: they may differ by the network's jitter, µs. */
const SLACK_US = 300_000;

/** Remembers why media was absent when. */
export class Absences {
  #facts: Absence[] = [];

  /** Notes an absence; `kind` is undefined when every track is concerned, `to` Infinity while it lasts. */
  add(reason: string, kind: MediaKind | undefined, span: { from: number; to: number }): void {
    this.#facts.push({ reason, kind, from: span.from, to: span.to });
    if (this.#facts.length > FACTS_MAX) this.#facts.splice(0, FACTS_MAX / 2);
  }

  /** Ends the absences of one reason and kind that still last. */
  end(reason: string, kind: MediaKind | undefined, at: number): void {
    for (const fact of this.#facts)
      if (fact.reason === reason && fact.kind === kind && fact.to === Number.POSITIVE_INFINITY) fact.to = at;
  }

  /** Notes that a track was muted or unmuted. */
  takeMute(entry: MuteChanged, kind: MediaKind | undefined): void {
    if (entry.kind === 'muted') this.add('muted', kind, { from: entry.at, to: Number.POSITIVE_INFINITY });
    else this.end('muted', kind, entry.at);
  }

  /** The reason that covers most of a hole; `undefined` when the tape says nothing about it. */
  reasonFor(kind: MediaKind, from: number, to: number): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const fact of this.#facts) {
      if (fact.kind !== undefined && fact.kind !== kind) continue;
      const overlap = Math.min(fact.to, to) - Math.max(fact.from, from) + SLACK_US;
      // A later fact wins a tie: a gap within a mute explains more than the mute.
      if (overlap > 0 && overlap >= most) {
        most = overlap;
        best = fact.reason;
      }
    }
    return best;
  }
}
