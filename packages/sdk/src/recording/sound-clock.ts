// When a block of sound was captured, on the clock a page and its workers share. Browsers stamp it with the time of the
// page or of the worker that reads it, and change from one to the other when the stream is handed over.

import { PictureClock } from './picture-clock.ts';

/** What is stamped by one of our clocks was captured so short a time before it came, µs. */
const AGE_US_MAX = 1_000_000;
/** Clocks of a page and its worker are this exact with each other. */
const EARLY_US_MAX = 5_000;

/** Maps stamps of one track, µs. `originsUs`: where clocks that may have stamped it begin. */
export class SoundClock {
  readonly #originsUs: readonly number[];
  readonly #foreign = new PictureClock();

  constructor(originsUs: readonly number[]) {
    this.#originsUs = originsUs;
  }

  /** The capture time of a block that came at `arrivalUs`; by arrivals where its stamps are of another clock. */
  map(stampUs: number, arrivalUs: number): number {
    const ages = this.#originsUs.map((originUs) => arrivalUs - originUs - stampUs);
    const likely = ages.filter((age) => age >= -EARLY_US_MAX && age <= AGE_US_MAX);
    return likely.length === 0 ? this.#foreign.map(stampUs, arrivalUs) : arrivalUs - Math.min(...likely);
  }
}
