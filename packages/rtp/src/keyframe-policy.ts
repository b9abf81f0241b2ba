// When to ask one stream's sender for a keyframe: wishes from recorders and viewers are merged, repeated while
// unanswered, and escalated from PLI (RFC 4585 §6.3.1) to FIR (RFC 5104 §4.3.1). Sends nothing itself.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';

/** What is to be sent now. */
export type KeyframeDemand = 'pli' | 'fir';

/** Limits of a `KeyframePolicy`. */
export type KeyframePolicyOptions = {
  /** Shortest time between two demands. Default 300. */
  readonly intervalMsMin?: number;
  /** Longest time between two demands while no keyframe comes; the pause doubles up to it. Default 2000. */
  readonly intervalMsMax?: number;
  /** PLIs that stay unanswered before FIR is sent instead. Default 3. */
  readonly pliTriesMax?: number;
  /** Whether the sender understands FIR (negotiated `ccm fir`). Default false: PLI goes on. */
  readonly firAllowed?: boolean;
  /** Demands for one wish; then the policy is silent until the next wish. Default 30. */
  readonly triesMax?: number;
};

/** Merges keyframe wishes for one incoming SSRC. */
export class KeyframePolicy {
  readonly #options: Required<KeyframePolicyOptions>;
  #wanted = false;
  #tries = 0;
  #sentAt: UnixUs | undefined;
  #demands = 0;

  constructor(options: KeyframePolicyOptions = {}) {
    this.#options = {
      intervalMsMin: 300,
      intervalMsMax: 2000,
      pliTriesMax: 3,
      firAllowed: false,
      triesMax: 30,
      ...options,
    };
  }

  /** Demands made since the policy was made. */
  get demands(): number {
    return this.#demands;
  }

  /** Whether a keyframe is still awaited. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** When `poll` next demands something; `undefined` while nothing is wanted. */
  get dueAt(): UnixUs | undefined {
    if (!this.#wanted || this.#tries >= this.#options.triesMax) return undefined;
    return this.#sentAt === undefined ? unixUs(0) : unixUs(this.#sentAt + this.#pauseUs());
  }

  /** Takes a wish; returns what to send at once, or `undefined` when a demand is already under way. */
  request(now: UnixUs): KeyframeDemand | undefined {
    if (!this.#wanted || this.#tries >= this.#options.triesMax) {
      this.#wanted = true;
      this.#tries = 0;
    }
    return this.poll(now);
  }

  /** Returns what is due now. */
  poll(now: UnixUs): KeyframeDemand | undefined {
    const dueAt = this.dueAt;
    if (dueAt === undefined || now < dueAt) return undefined;
    const { pliTriesMax, firAllowed } = this.#options;
    const demand = firAllowed && this.#tries >= pliTriesMax ? 'fir' : 'pli';
    this.#tries += 1;
    this.#demands += 1;
    this.#sentAt = now;
    return demand;
  }

  /** A keyframe of the stream began to arrive whole: every wish is fulfilled. */
  keyframeSeen(): void {
    this.#wanted = false;
    this.#tries = 0;
  }

  #pauseUs(): number {
    const { intervalMsMin, intervalMsMax } = this.#options;
    return msToUs(Math.min(intervalMsMax, intervalMsMin * 2 ** Math.max(0, this.#tries - 1)));
  }
}
