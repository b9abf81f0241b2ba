// Puts the timestamps of pictures, whatever they count from, on our own clock: what arrived soonest after it was
// stamped tells the distance of the two clocks. A constant latency of the source cannot be seen, and is not corrected.

const SETTLE_US = 400_000;
const WINDOW_US = 1_000_000;
const WINDOWS = 5;
/** Below this, moving would only follow how busy the machine is. */
const TOLERANCE_US = 3000;
/** 100 ppm: as much as two clocks of ordinary hardware drift apart. */
const SLEW = 1e-4;
/** A picture that came sooner than any before it shows for certain that all were placed late: 10 ms in a second. */
const SLEW_TO_SOONEST = 1e-2;
/** Timestamps that began anew. */
const JUMP_US = 500_000;

/** Maps timestamps of one track, µs, to the clock arrivals are measured with, µs. */
export class PictureClock {
  #offsetUs: number | undefined;
  #settledAtUs = 0;
  #windowFromUs = 0;
  #windowLeastUs = Number.POSITIVE_INFINITY;
  #least: number[] = [];
  #lastArrivalUs = 0;

  /** Takes one picture's stamp and arrival; gives its time on our clock. */
  map(stampUs: number, arrivalUs: number): number {
    const distanceUs = arrivalUs - stampUs;
    if (this.#offsetUs === undefined || Math.abs(distanceUs - this.#offsetUs) > JUMP_US) {
      this.#restart(distanceUs, arrivalUs);
    }
    this.#learn(distanceUs, arrivalUs);
    this.#lastArrivalUs = arrivalUs;
    return stampUs + (this.#offsetUs ?? distanceUs);
  }

  #restart(distanceUs: number, arrivalUs: number): void {
    this.#offsetUs = distanceUs;
    this.#settledAtUs = arrivalUs + SETTLE_US;
    this.#least = [];
    this.#beginWindow(arrivalUs);
  }

  #learn(distanceUs: number, arrivalUs: number): void {
    this.#windowLeastUs = Math.min(this.#windowLeastUs, distanceUs);
    const offsetUs = this.#offsetUs ?? distanceUs;
    if (arrivalUs < this.#settledAtUs) {
      this.#offsetUs = Math.min(offsetUs, distanceUs);
      return;
    }
    if (arrivalUs - this.#windowFromUs >= WINDOW_US) {
      this.#least = [...this.#least, this.#windowLeastUs].slice(-WINDOWS);
      this.#beginWindow(arrivalUs);
    }
    const errorUs = Math.min(this.#windowLeastUs, ...this.#least) - offsetUs;
    const passedUs = arrivalUs - this.#lastArrivalUs;
    if (errorUs < 0) this.#offsetUs = offsetUs - Math.min(-errorUs, SLEW_TO_SOONEST * passedUs);
    else if (this.#least.length === WINDOWS && errorUs > TOLERANCE_US) this.#offsetUs = offsetUs + SLEW * passedUs;
  }

  #beginWindow(atUs: number): void {
    this.#windowFromUs = atUs;
    this.#windowLeastUs = Number.POSITIVE_INFINITY;
  }
}
