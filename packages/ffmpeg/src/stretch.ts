// Makes a block of sound slightly longer or shorter: cubic interpolation, good for a percent or two, no filter.

import type { Samples } from './samples.ts';

/** Resamples every plane to `length` samples; first and last sample stay in place. */
export function stretch(samples: Samples, length: number): Samples {
  return samples.map((plane) => stretched(plane, Math.max(1, length)));
}

function stretched(source: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  const last = source.length - 1;
  const step = length > 1 ? last / (length - 1) : 0;
  for (let i = 0; i < length; i += 1) {
    const at = i * step;
    const index = Math.min(Math.floor(at), last);
    out[i] = cubic(source, index, at - index);
  }
  return out;
}

/** Catmull-Rom spline through the four samples around a point. */
function cubic(source: Float32Array, index: number, part: number): number {
  const b = source[index] ?? 0;
  if (part === 0) return b;
  const a = source[index - 1] ?? b;
  const c = source[index + 1] ?? b;
  const d = source[index + 2] ?? c;
  return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
}
