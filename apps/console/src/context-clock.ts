// When on the page's clock the sound of an audio context is. The context's time moves by whole buffers and stands
// still when the browser is held up; the page's clock does neither, and it is the one WebRTC compares pictures with.

/** Readings of one of these are compared; between one and two of them count, ms. */
const WINDOW_MS = 500;

/** Context time → page time, by the quickest of the last readings. */
export class ContextClock {
  readonly #audio: BaseAudioContext;
  #window = { fromMs: Number.NEGATIVE_INFINITY, offsetMs: Number.POSITIVE_INFINITY };
  #beforeMs = Number.POSITIVE_INFINITY;

  constructor(audio: BaseAudioContext) {
    this.#audio = audio;
  }

  /** Reads both clocks, to be called some hundred times a second; returns the context's time, seconds. */
  read(): number {
    const seconds = this.#audio.currentTime;
    const nowMs = performance.now();
    const offsetMs = nowMs - seconds * 1000;
    if (nowMs - this.#window.fromMs >= WINDOW_MS) {
      this.#beforeMs = this.#window.offsetMs;
      this.#window = { fromMs: nowMs, offsetMs };
    }
    this.#window.offsetMs = Math.min(this.#window.offsetMs, offsetMs);
    return seconds;
  }

  /** The page's time (`performance.now()`) at a time of the context, seconds. */
  pageSecondsAt(contextSeconds: number): number {
    return contextSeconds + Math.min(this.#window.offsetMs, this.#beforeMs) / 1000;
  }
}
