// Changes the sample rate of one block of sound by straight lines between samples: good enough for finding
// beeps and for demo material, not for delivery.

/** Returns the block at another rate; the same block when the rates are equal. */
export function resample(block: Float32Array, fromRate: number, toRate: number): Float32Array {
  if (fromRate === toRate || fromRate <= 0 || block.length === 0) return block;
  const out = new Float32Array(Math.round((block.length * toRate) / fromRate));
  const last = block.length - 1;
  for (let i = 0; i < out.length; i++) {
    const at = Math.min(last, (i * fromRate) / toRate);
    const left = Math.floor(at);
    const a = block[left] ?? 0;
    out[i] = a + ((block[Math.min(last, left + 1)] ?? 0) - a) * (at - left);
  }
  return out;
}
