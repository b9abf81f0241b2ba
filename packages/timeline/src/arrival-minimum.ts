// How early packets arrive against their media time: the earliest of all, and the earliest of late. Where the two
// part, every packet is late: the way grew longer, or the source lost media and its clock stood still meanwhile.

/** The earliest packet is forgotten this fast, so that a source whose clock is slow is followed: 1 %. */
const LEAK = 0.01;
/** What is compared with the packets of late is forgotten slower: no oscillator drifts so much. */
const QUIET_LEAK = 0.001;
/** Of late: between one and two of these, µs of arrival. */
const WINDOW_US = 500_000;

/** Smallest arrival minus media time of one track, µs. */
export class ArrivalMinimum {
  #earliest = Number.POSITIVE_INFINITY;
  #quiet = Number.POSITIVE_INFINITY;
  #window = { fromAt: Number.NEGATIVE_INFINITY, earliest: Number.POSITIVE_INFINITY };
  #before = Number.POSITIVE_INFINITY;

  /** The smallest seen; Infinity before the first. */
  get earliest(): number {
    return this.#earliest;
  }

  /** By how much all packets of the last half second or more are later than the earliest, µs. */
  get recentLateness(): number {
    const recent = Math.min(this.#window.earliest, this.#before);
    return Number.isFinite(recent) ? recent - this.#quiet : 0;
  }

  /** Takes note of a packet: its arrival, wall µs, that minus its media time, and the media since the last one, µs. */
  add(arrivedAt: number, offset: number, passedUs: number): void {
    if (arrivedAt - this.#window.fromAt >= WINDOW_US) {
      this.#before = this.#window.earliest;
      this.#window = { fromAt: arrivedAt, earliest: offset };
    }
    this.#window.earliest = Math.min(this.#window.earliest, offset);
    this.#earliest = Math.min(offset, this.#earliest + passedUs * LEAK);
    this.#quiet = Math.min(offset, this.#quiet + passedUs * QUIET_LEAK);
  }

  /** Takes the packets of late for the measure of all. */
  forgetOld(): void {
    this.#earliest = Math.min(this.#window.earliest, this.#before);
    this.#quiet = this.#earliest;
  }
}
