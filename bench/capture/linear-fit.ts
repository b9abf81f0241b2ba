// A straight line through points by least squares: what is fixed, what each step adds, how sure that is, and how far
// from linear the points are.

/** y = `intercept` + `slope` · x. */
export type LinearFit = {
  readonly intercept: number;
  readonly slope: number;
  /** Standard error of the slope, where points scatter by chance; NaN of two points. */
  readonly slopeError: number;
  /** Largest distance of a point from the line, as a share of the line there. */
  readonly deviationMax: number;
};

/** Fits a line; two points at least. */
export function fitLine(points: readonly (readonly [number, number])[]): LinearFit {
  const mean = (pick: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = over / under;
  const intercept = meanY - slope * meanX;
  const deviations = points.map(([x, y]) => Math.abs(y / (intercept + slope * x) - 1));
  const scatter = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  const slopeError = Math.sqrt(scatter / (points.length - 2) / under);
  return { intercept, slope, slopeError, deviationMax: Math.max(...deviations) };
}
