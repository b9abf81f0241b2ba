// All samples of a track, gathered from the fragments, and the boxes that say them in an ordinary MP4
// (ISO/IEC 14496-12 §8.6, §8.7).

import { fullBox, uint32s, uint64s } from '@roomtape/media';
import type { SampleFacts } from './fragment.ts';

/** Gathers the samples of one track in order. About 16 bytes of memory for each. */
export class SampleTable {
  readonly #dts = new NumberList();
  readonly #sizes = new NumberList();
  readonly #keyframes = new NumberList();
  readonly #chunkPositions = new NumberList();
  readonly #chunkStarts = new NumberList();
  #lastDurationTicks = 0;

  /** Samples gathered. */
  get count(): number {
    return this.#dts.length;
  }

  /** Decoding time of the first sample; 0 without any. */
  get startTicks(): number {
    return this.#dts.at(0);
  }

  /** Where the last sample ends; 0 without any. */
  get endTicks(): number {
    return this.count === 0 ? 0 : this.#dts.at(this.count - 1) + this.#lastDurationTicks;
  }

  /** Adds a sample; `positionBytes` is where it is in the file. */
  add(sample: SampleFacts, positionBytes: number): void {
    if (sample.isFirstOfRun) {
      this.#chunkPositions.push(positionBytes);
      this.#chunkStarts.push(this.count);
    }
    if (sample.isKeyframe) this.#keyframes.push(this.count + 1);
    this.#dts.push(sample.dtsTicks);
    this.#sizes.push(sample.sizeBytes);
    this.#lastDurationTicks = sample.durationTicks;
  }

  /** Leaves out samples that begin at or after `endTicks`, but never the first. */
  cut(endTicks: number): void {
    let count = this.count;
    while (count > 1 && this.#dts.at(count - 1) >= endTicks) count -= 1;
    if (count === this.count) return;
    this.#lastDurationTicks = this.#dts.at(count) - this.#dts.at(count - 1);
    this.#dts.length = count;
    this.#sizes.length = count;
    while (this.#keyframes.length > 0 && this.#keyframes.at(this.#keyframes.length - 1) > count) {
      this.#keyframes.length -= 1;
    }
    while (this.#chunkStarts.length > 0 && this.#chunkStarts.at(this.#chunkStarts.length - 1) >= count) {
      this.#chunkStarts.length -= 1;
      this.#chunkPositions.length -= 1;
    }
  }

  /** Lets the last sample end at `endTicks`. */
  endAt(endTicks: number): void {
    if (this.count > 0) this.#lastDurationTicks = Math.max(1, endTicks - this.#dts.at(this.count - 1));
  }

  /** The boxes of the table; `areAllKeyframes` leaves the list of keyframes out, as sound does. */
  boxes(areAllKeyframes: boolean): readonly Uint8Array[] {
    const keyframes = fullBox('stss', 0, uint32s([this.#keyframes.length]), uint32s(this.#keyframes.values()));
    return [
      this.#timesBox(),
      this.#chunksBox(),
      fullBox('stsz', 0, uint32s([0, this.count]), uint32s(this.#sizes.values())),
      fullBox('co64', 0, uint32s([this.#chunkPositions.length]), uint64s(this.#chunkPositions.values())),
      ...(areAllKeyframes ? [] : [keyframes]),
    ];
  }

  #durationOf(index: number): number {
    if (index === this.count - 1) return this.#lastDurationTicks;
    return this.#dts.at(index + 1) - this.#dts.at(index);
  }

  #timesBox(): Uint8Array {
    const rows = new NumberList();
    for (let i = 0; i < this.count; ) {
      const duration = this.#durationOf(i);
      let end = i + 1;
      while (end < this.count && this.#durationOf(end) === duration) end += 1;
      rows.push(end - i);
      rows.push(duration);
      i = end;
    }
    return fullBox('stts', 0, uint32s([rows.length / 2]), uint32s(rows.values()));
  }

  #chunksBox(): Uint8Array {
    const rows = new NumberList();
    let last = 0;
    for (let i = 0; i < this.#chunkStarts.length; i += 1) {
      const next = i + 1 < this.#chunkStarts.length ? this.#chunkStarts.at(i + 1) : this.count;
      const samples = next - this.#chunkStarts.at(i);
      if (samples === last) continue;
      for (const value of [i + 1, samples, 1]) rows.push(value);
      last = samples;
    }
    return fullBox('stsc', 0, uint32s([rows.length / 3]), uint32s(rows.values()));
  }
}

/** Numbers in one growing block, so that an hour of samples is no garbage. */
class NumberList {
  length = 0;
  #values = new Float64Array(256);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return index < this.length ? (this.#values[index] ?? 0) : 0;
  }

  values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}
