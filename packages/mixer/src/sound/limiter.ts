// Keeps a sum of voices below full scale: turns down before a peak comes and slowly up again. Loudness as such is
// left alone; what never reaches the ceiling passes unchanged.

/** −1 dB of full scale: codecs overshoot a little. */
const CEILING = 0.89;
const STEP_SAMPLES = 48;
/** From full reduction back to none, ms steps: about a tenth of a second. */
const RELEASE_PER_STEP = 0.01;

/** Limits blocks of sound; looks one block ahead, so blocks come out one call later. */
export class Limiter {
  #gain = 1;
  #held: readonly Float32Array[] | undefined;

  /** Takes the next block, which becomes the limiter's, and returns the one before it, limited. */
  push(block: readonly Float32Array[]): readonly Float32Array[] | undefined {
    const held = this.#held;
    this.#held = block;
    if (held === undefined) return undefined;
    this.#limit(held, block);
    return held;
  }

  #limit(block: readonly Float32Array[], next: readonly Float32Array[]): void {
    const length = block[0]?.length ?? 0;
    const steps = Math.ceil(length / STEP_SAMPLES);
    const wanted = [...gainsOf(block, steps), ...gainsOf(next, steps)];
    if (this.#gain === 1 && wanted.every((gain) => gain === 1)) return;
    for (let step = 0; step < steps; step += 1) {
      // The lowest gain of the next five steps is reached in time by a straight ramp.
      const from = this.#gain;
      let to = Math.min(1, from + RELEASE_PER_STEP);
      for (let ahead = 0; ahead < 5; ahead += 1) {
        const gain = wanted[step + ahead] ?? 1;
        if (gain < from) to = Math.min(to, from + (gain - from) / (ahead + 1));
        else to = Math.min(to, gain);
      }
      to = Math.min(to, wanted[step] ?? 1, wanted[step + 1] ?? 1);
      this.#gain = to;
      ramp(block, { at: step * STEP_SAMPLES, from: Math.min(from, wanted[step] ?? 1), to });
    }
  }
}

function gainsOf(block: readonly Float32Array[], steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => {
    let peak = 0;
    for (const plane of block)
      for (let i = step * STEP_SAMPLES; i < Math.min(plane.length, (step + 1) * STEP_SAMPLES); i += 1)
        peak = Math.max(peak, Math.abs(plane[i] ?? 0));
    return peak <= CEILING ? 1 : CEILING / peak;
  });
}

function ramp(block: readonly Float32Array[], gain: { at: number; from: number; to: number }): void {
  for (const plane of block)
    for (let i = 0; i < STEP_SAMPLES && gain.at + i < plane.length; i += 1)
      plane[gain.at + i] = (plane[gain.at + i] ?? 0) * (gain.from + ((gain.to - gain.from) * i) / STEP_SAMPLES);
}
