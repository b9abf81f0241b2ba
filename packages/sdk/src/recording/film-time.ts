// From the line of real time since a recording's start to the film: pauses are cut out, the end is fixed. Both tracks
// are cut at the same places, so that they are in step behind every joint. Times are µs.

/** A piece of the line that is in the film. */
export type KeptSpan = { readonly fromUs: number; readonly toUs: number };

/** The cuts of one recording. Times on the line: µs of our clock since the start. */
export class FilmTime {
  readonly #cuts: { fromUs: number; toUs: number }[] = [];
  #endUs = Number.POSITIVE_INFINITY;

  /** Nothing from `atUs` on is kept until `resume`. */
  pause(atUs: number): void {
    if (this.isPaused) return;
    this.#cuts.push({ fromUs: Math.max(atUs, this.#cuts.at(-1)?.toUs ?? 0), toUs: Number.POSITIVE_INFINITY });
  }

  /** What comes from `atUs` on is kept again. */
  resume(atUs: number): void {
    const cut = this.#cuts.at(-1);
    if (cut !== undefined && this.isPaused) cut.toUs = Math.max(atUs, cut.fromUs);
  }

  /** Nothing from `atUs` on is kept any more. */
  end(atUs: number): void {
    this.#endUs = Math.min(this.#endUs, atUs);
  }

  get isPaused(): boolean {
    return this.#cuts.at(-1)?.toUs === Number.POSITIVE_INFINITY;
  }

  /** Where a moment of the line is in the film; `undefined` when it is cut out. */
  place(lineUs: number): number | undefined {
    if (lineUs < 0 || lineUs >= this.#endUs) return undefined;
    const isCut = this.#cuts.some((cut) => lineUs >= cut.fromUs && lineUs < cut.toUs);
    return isCut ? undefined : this.lengthAt(lineUs);
  }

  /** How long the film is that was taken up to a moment of the line. */
  lengthAt(lineUs: number): number {
    const untilUs = Math.max(0, Math.min(lineUs, this.#endUs));
    const cutUs = this.#cuts.reduce((sum, { fromUs, toUs }) => sum + cutWithin(fromUs, Math.min(toUs, untilUs)), 0);
    return untilUs - cutUs;
  }

  /** The parts of a piece of the line that are in the film, in order. */
  keptOf(fromUs: number, toUs: number): KeptSpan[] {
    const spans: KeptSpan[] = [];
    let atUs = Math.max(0, fromUs);
    const endUs = Math.min(toUs, this.#endUs);
    for (const cut of this.#cuts) {
      if (cut.toUs <= atUs || cut.fromUs >= endUs) continue;
      if (cut.fromUs > atUs) spans.push({ fromUs: atUs, toUs: cut.fromUs });
      atUs = Math.max(atUs, cut.toUs);
    }
    if (atUs < endUs) spans.push({ fromUs: atUs, toUs: endUs });
    return spans;
  }
}

function cutWithin(fromUs: number, toUs: number): number {
  return Math.max(0, toUs - fromUs);
}
