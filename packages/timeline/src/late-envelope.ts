// The lower edge of measurements that are true or late, never early: a clock's offset seen through queues. It
// follows drift, forgives seconds in which everything was late, and gives in to a lasting step. Pure arithmetic.

/** A line below all measurements kept: `offset = intercept + slope * at`. */
type Line = { readonly slope: number; readonly intercept: number };
type Point = { readonly at: number; offset: number };

/** How an envelope remembers. */
export type LateEnvelopeOptions = {
  /** After this many seconds with measurements that all lie far above the edge, the edge is taken to have moved up. */
  readonly stepSeconds: number;
  /** What was measured so long ago is forgotten, seconds; 60 when absent. */
  readonly windowSeconds?: number;
};

/** One minimum is kept per stretch of this length, µs. */
const BUCKET_US = 1_000_000;
/** So many of them are kept, unless told otherwise: a window of a minute. */
const WINDOW_SECONDS = 60;
/** Below this span the scatter would pass for drift, µs. */
const SLOPE_SPAN_US = 20_000_000;
/** Oscillators drift less than this; what looks like more is scatter. */
const SLOPE_MAX = 0.000_5;
/** This far above the edge is a step when it lasts, µs; less is what drift and quiet networks leave. */
const STEP_US = 15_000;

/** Lower envelope of late-only measurements over a sliding window. */
export class LateEnvelope {
  readonly #stepSeconds: number;
  readonly #bucketsMax: number;
  #points: Point[] = [];
  #line: Line | undefined;

  constructor(options: LateEnvelopeOptions) {
    this.#stepSeconds = options.stepSeconds;
    this.#bucketsMax = options.windowSeconds ?? WINDOW_SECONDS;
  }

  /** Takes a measurement; `at` rises but for reordering. */
  add(at: number, offset: number): void {
    const newest = this.#points[this.#points.length - 1];
    if (newest !== undefined && at - newest.at < BUCKET_US) {
      if (offset >= newest.offset) return;
      newest.offset = offset;
    } else {
      this.#points.push({ at, offset });
      if (this.#points.length > this.#bucketsMax) this.#points.shift();
      this.#noticeStep();
    }
    this.#line = undefined;
  }

  /** The edge at a point, extended beyond the window as a line; `undefined` before the first measurement. */
  valueAt(at: number): number | undefined {
    if (this.#points.length === 0) return undefined;
    this.#line ??= this.#fit();
    return this.#line.intercept + this.#line.slope * at;
  }

  /** Forgets everything. */
  reset(): void {
    this.#points = [];
    this.#line = undefined;
  }

  #fit(): Line {
    const slope = this.#slope();
    let intercept = Number.POSITIVE_INFINITY;
    for (const { at, offset } of this.#points) intercept = Math.min(intercept, offset - slope * at);
    return { slope, intercept };
  }

  /** Slope of the edge of the lower convex hull that spans the middle of the window. */
  #slope(): number {
    const first = this.#points[0];
    const last = this.#points[this.#points.length - 1];
    if (first === undefined || last === undefined || last.at - first.at < SLOPE_SPAN_US) return 0;
    const middle = (first.at + last.at) / 2;
    const hull = lowerHull(this.#points);
    const right = hull.findIndex((point) => point.at >= middle);
    const a = hull[Math.max(0, right - 1)];
    const b = hull[right];
    if (a === undefined || b === undefined || b.at <= a.at) return 0;
    return Math.max(-SLOPE_MAX, Math.min(SLOPE_MAX, (b.offset - a.offset) / (b.at - a.at)));
  }

  #noticeStep(): void {
    // The newest stretch has only begun; its minimum is not known yet.
    const complete = this.#points.slice(0, -1);
    const recent = complete.slice(-this.#stepSeconds);
    if (complete.length <= recent.length || recent.length < this.#stepSeconds) return;
    this.#line ??= this.#fit();
    const { slope, intercept } = this.#line;
    if (recent.some(({ at, offset }) => offset - (intercept + slope * at) < STEP_US)) return;
    this.#points = this.#points.slice(-this.#stepSeconds - 1);
  }
}

/** Andrew's monotone chain; points in rising order of `at`. */
function lowerHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    for (;;) {
      const b = hull[hull.length - 1];
      const a = hull[hull.length - 2];
      if (a === undefined || b === undefined) break;
      const turn = (b.at - a.at) * (point.offset - a.offset) - (b.offset - a.offset) * (point.at - a.at);
      if (turn > 0) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}
