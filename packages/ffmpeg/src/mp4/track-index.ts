// All samples of one track, gathered from its fragments, and the boxes that say them in an ordinary MP4 (ISO/IEC
// 14496-12 §8.6, §8.7). Between 4 bytes a sample, where all last equally long, and 20.

import { fullBox, uint32s } from '@roomtape/media';
import type { FragmentRun, FragmentSample } from './fragment-reader.ts';
import { RunList, Uint32List } from './number-lists.ts';

/** Gathers the samples of one track in order. */
export class TrackIndex {
  readonly #sizes = new Uint32List();
  readonly #durations = new RunList();
  readonly #shifts = new RunList();
  readonly #keyframes = new Uint32List();
  /** Positions of chunks in the file, the upper and the lower half of each. */
  readonly #chunks = new Uint32List();
  readonly #chunkRows = new Uint32List();
  #lastRow = '';
  #originTicks: number | undefined;
  #endTicks = 0;
  #shownEndTicks = 0;
  /** A sample lasts until the next one, which is not known yet. */
  #lastDuration: number | undefined;
  #isShifted = false;
  #isShiftedBack = false;

  /** Samples gathered. */
  get count(): number {
    return this.#sizes.length;
  }

  /** Where the last sample ends that is decoded last, from the first one on. */
  get durationTicks(): number {
    return this.#endTicks;
  }

  /** Where the last sample ends that is shown last, on the clock of `durationTicks`. */
  get shownEndTicks(): number {
    return this.#shownEndTicks;
  }

  /** Adds samples that lie one after the other in the file, from `positionBytes` on. */
  add(run: FragmentRun, positionBytes: number): void {
    if (run.samples.length === 0) return;
    this.#originTicks ??= run.startTicks;
    this.#addChunk(run, positionBytes);
    const missing = run.startTicks - this.#originTicks - this.#endTicks;
    if (this.#lastDuration !== undefined && missing > 0) {
      this.#lastDuration += missing;
      this.#endTicks += missing;
    }
    for (const sample of run.samples) this.#addSample(sample);
  }

  /** The boxes of the tables. Nothing can be added afterwards. */
  boxes(): readonly Uint8Array[] {
    if (this.#lastDuration !== undefined) this.#durations.push(this.#lastDuration);
    this.#lastDuration = undefined;
    const { count } = this;
    const [durations, shifts] = [this.#durations.rows(), this.#shifts.rows()];
    const shiftHead = this.#isShiftedBack ? 0x01000000 : 0;
    const isEachKey = this.#keyframes.length === count;
    return [
      fullBox('stts', 0, uint32s([durations.count]), durations.bytes),
      ...(isEachKey ? [] : [fullBox('stss', 0, uint32s([this.#keyframes.length]), this.#keyframes.bytes())]),
      ...(this.#isShifted ? [fullBox('ctts', shiftHead, uint32s([shifts.count]), shifts.bytes)] : []),
      fullBox('stsc', 0, uint32s([this.#chunkRows.length / 3]), this.#chunkRows.bytes()),
      fullBox('stsz', 0, uint32s([0, count]), this.#sizes.bytes()),
      fullBox('co64', 0, uint32s([this.#chunks.length / 2]), this.#chunks.bytes()),
    ];
  }

  #addChunk({ samples, description }: FragmentRun, positionBytes: number): void {
    this.#chunks.push(Math.floor(positionBytes / 2 ** 32));
    this.#chunks.push(positionBytes % 2 ** 32);
    const row = `${samples.length} ${description}`;
    if (row === this.#lastRow) return;
    this.#lastRow = row;
    for (const value of [this.#chunks.length / 2, samples.length, description]) this.#chunkRows.push(value);
  }

  #addSample({ durationTicks, sizeBytes, isKeyframe, shiftTicks }: FragmentSample): void {
    if (this.#lastDuration !== undefined) this.#durations.push(this.#lastDuration);
    this.#lastDuration = durationTicks;
    this.#sizes.push(sizeBytes);
    this.#shifts.push(shiftTicks);
    if (shiftTicks !== 0) this.#isShifted = true;
    if (shiftTicks < 0) this.#isShiftedBack = true;
    if (isKeyframe) this.#keyframes.push(this.count);
    this.#shownEndTicks = Math.max(this.#shownEndTicks, this.#endTicks + shiftTicks + durationTicks);
    this.#endTicks += durationTicks;
  }
}
