// When on the page's clock the sound of an audio context is. The context's time moves by whole buffers and stands
// still when the browser is held up; the page's clock does neither, and it is the one WebRTC compares pictures with.

/** Readings of one of these are compared; between one and two of them count, ms. */
const WINDOW_MS = 500;
/** Within so long the clock is read right after it moved, where it is exact, ms. */
const RECENT_MS = 25;
/** All recent readings later than the others by this: the context stood still meanwhile, and lost more than a buffer, ms. */
const STOOD_STILL_MS = 15;
/** Later for so long, it is not a page that was held up for a moment, ms: less than a flash, so that none goes missing. */
const LASTING_MS = 50;

type Window = { readonly fromMs: number; leastMs: number };

/** The least of the readings of so many ms at least, twice as many at most. */
class LeastOf {
  readonly #ms: number;
  #window: Window = { fromMs: Number.NEGATIVE_INFINITY, leastMs: Number.POSITIVE_INFINITY };
  #beforeMs = Number.POSITIVE_INFINITY;

  constructor(ms: number) {
    this.#ms = ms;
  }

  get value(): number {
    return Math.min(this.#window.leastMs, this.#beforeMs);
  }

  add(nowMs: number, value: number): void {
    if (nowMs - this.#window.fromMs >= this.#ms) {
      this.#beforeMs = this.#window.leastMs;
      this.#window = { fromMs: nowMs, leastMs: value };
    }
    this.#window.leastMs = Math.min(this.#window.leastMs, value);
  }

  /** Forgets all others. */
  set(nowMs: number, value: number): void {
    this.#beforeMs = Number.POSITIVE_INFINITY;
    this.#window = { fromMs: nowMs, leastMs: value };
  }
}

/** Context time → page time, by the quickest of the last readings. */
export class ContextClock {
  readonly #audio: Pick<BaseAudioContext, 'currentTime'>;
  readonly #now: () => number;
  readonly #all = new LeastOf(WINDOW_MS);
  readonly #recent = new LeastOf(RECENT_MS);
  #lateSinceMs: number | undefined;

  constructor(audio: Pick<BaseAudioContext, 'currentTime'>, now: () => number = () => performance.now()) {
    this.#audio = audio;
    this.#now = now;
  }

  /** Whether the context just stood still: how long it did is not known yet. */
  get isLost(): boolean {
    return this.#lateSinceMs !== undefined;
  }

  /** Reads both clocks, to be called some hundred times a second; returns the context's time, seconds. */
  read(): number {
    const seconds = this.#audio.currentTime;
    const nowMs = this.#now();
    const offsetMs = nowMs - seconds * 1000;
    this.#recent.add(nowMs, offsetMs);
    this.#all.add(nowMs, offsetMs);
    this.#follow(nowMs);
    return seconds;
  }

  /** The page's time (`performance.now()`) at a time of the context, seconds. */
  pageSecondsAt(contextSeconds: number): number {
    return contextSeconds + this.#all.value / 1000;
  }

  #follow(nowMs: number): void {
    const isLate = this.#recent.value - this.#all.value > STOOD_STILL_MS;
    if (!isLate) this.#lateSinceMs = undefined;
    else this.#lateSinceMs ??= nowMs;
    if (this.#lateSinceMs === undefined || nowMs - this.#lateSinceMs < LASTING_MS) return;
    this.#all.set(nowMs, this.#recent.value);
    this.#lateSinceMs = undefined;
  }
}
