// Sender's clock minus ticks for a track whose reports are late: from the earliest reports and, as there are few
// of them, from the earliest packets, taking off what reports need for the same way. Capture times need none of it.

import { LateEnvelope } from './late-envelope.ts';
import { type ReportBias, USUAL_PACKET_US } from './report-bias.ts';

/** Sound seen before the earliest packet among it is trusted, µs: fifty packets. */
const SETTLE_US = 1_000_000;
/** Seconds in which all packets are late before that is how it is. */
const STEP_SECONDS = 10;
/** Reports come each five seconds; packets keep them from being believed too soon. */
const STEP_REPORTS = 3;
/**
 * Capture times are late by a few ms at most, and come each second. So a device that loses samples is noticed soon,
 * each time a buffer of 10 ms, which would look like nothing in a minute of reports and add up to something.
 */
const CAPTURE_SECONDS = 8;
/** Seconds in which all of them are later before that is how it is. */
const STEP_CAPTURES = 2;

/** The corrected map of one track. */
export class LateReports {
  readonly #transit: LateEnvelope;
  readonly #bias: ReportBias;
  #reports = new LateEnvelope({ stepSeconds: STEP_REPORTS });
  readonly #arrivals = new LateEnvelope({ stepSeconds: STEP_SECONDS });
  #packetUs = USUAL_PACKET_US;
  #firstUs: number | undefined;
  #lastUs = 0;
  #trustsTransit = true;
  /** The packets tell when their sound was captured: reports are not needed. */
  #captured = false;

  constructor(transit: LateEnvelope, bias: ReportBias) {
    this.#transit = transit;
    this.#bias = bias;
  }

  /** Whether enough was seen to place the track for good. */
  get settled(): boolean {
    return this.#firstUs !== undefined && this.#lastUs - this.#firstUs >= SETTLE_US;
  }

  /** Takes a packet: its media time, its arrival minus that, and its length, µs. */
  arrive(us: number, arrivalOffset: number, packetUs: number): void {
    this.#packetUs = packetUs;
    this.#firstUs ??= us;
    this.#lastUs = Math.max(this.#lastUs, us);
    this.#arrivals.add(us, arrivalOffset - packetUs);
  }

  /** Takes a report or a capture time: its media time and the sender's clock minus that, µs. */
  report(us: number, offset: number, isCapture: boolean): void {
    if (isCapture && !this.#captured)
      this.#reports = new LateEnvelope({ stepSeconds: STEP_CAPTURES, windowSeconds: CAPTURE_SECONDS });
    this.#captured ||= isCapture;
    if (isCapture) this.#reports.add(us, offset);
    else if (!this.#captured) this.#reports.add(us, offset - this.#packetUs);
  }

  /** The sender set its clock: arrivals cannot be compared with reports any more. */
  distrustTransit(): void {
    this.#trustsTransit = false;
  }

  /** Sender's clock minus ticks at a media time, µs; `undefined` before the first report. */
  offsetAt(us: number): number | undefined {
    const reported = this.#reports.valueAt(us);
    if (reported === undefined) return undefined;
    return Math.min(reported, this.#arrivedAt(us) ?? reported) - this.#bias.decoderUs;
  }

  /** The source lost media: what was measured before says nothing about what comes. */
  restart(): void {
    this.#reports.reset();
    this.#arrivals.reset();
  }

  /** The source's clock was set. */
  reset(): void {
    this.restart();
    this.#firstUs = undefined;
    this.#lastUs = 0;
  }

  #arrivedAt(us: number): number | undefined {
    const arrival = this.#arrivals.valueAt(us);
    if (this.#captured || !this.#trustsTransit || arrival === undefined) return undefined;
    const transit = this.#transit.valueAt(us + arrival);
    return transit === undefined ? undefined : arrival - transit;
  }
}
