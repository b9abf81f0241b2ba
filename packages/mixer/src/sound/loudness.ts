// How loud each input is: by the tenth of a second for who speaks, by the second for the sound-wave file.

import type { MediaUs } from '@roomtape/media';

/** Loudness of one second of the film: for every input the ten tenths of it, 0 to 1. */
export type LevelLine = { readonly filmUs: MediaUs; readonly levels: Readonly<Record<string, readonly number[]>> };

/** Loudness of every input over one tenth of a second, smoothed, 0 to 1. */
export type TenthLevels = ReadonlyMap<string, number>;

/** 20 ms blocks of a tenth. */
const BLOCKS = 5;
const TENTH_US = 100_000;
const SMOOTHING = 0.5;

/** Gathers the energy of blocks of 20 ms. */
export class LoudnessMeter {
  readonly #onTenth: (levels: TenthLevels, filmUs: MediaUs) => void;
  readonly #onSecond: (line: LevelLine) => void;
  readonly #energy = new Map<string, number>();
  readonly #smoothed = new Map<string, number>();
  #second: Record<string, number[]> = {};
  #blocks = 0;

  constructor(handlers: {
    onTenth: (levels: TenthLevels, filmUs: MediaUs) => void;
    onSecond: (line: LevelLine) => void;
  }) {
    this.#onTenth = handlers.onTenth;
    this.#onSecond = handlers.onSecond;
  }

  /** Adds one input's mean square of the block in work. */
  add(inputId: string, meanSquare: number): void {
    this.#energy.set(inputId, (this.#energy.get(inputId) ?? 0) + meanSquare);
  }

  /** Ends the block that begins at `filmUs`; tenths begin at whole tenths of the film. */
  endBlock(filmUs: number): void {
    this.#blocks += 1;
    const end = filmUs + TENTH_US / BLOCKS;
    if (end % TENTH_US !== 0) return;
    const blocks = this.#blocks;
    this.#blocks = 0;
    for (const inputId of new Set([...this.#energy.keys(), ...this.#smoothed.keys()])) {
      const level = Math.min(1, Math.sqrt((this.#energy.get(inputId) ?? 0) / blocks));
      const smoothed = (this.#smoothed.get(inputId) ?? 0) * SMOOTHING + level * (1 - SMOOTHING);
      if (smoothed < 1e-4) this.#smoothed.delete(inputId);
      else this.#smoothed.set(inputId, smoothed);
      const tenths = this.#second[inputId] ?? [];
      this.#second[inputId] = tenths;
      const position = Math.floor((end - 1) / TENTH_US) % 10;
      while (tenths.length < position) tenths.push(0);
      tenths.push(Math.round(level * 1000) / 1000);
    }
    this.#energy.clear();
    this.#onTenth(this.#smoothed, end as MediaUs);
    if (end % 1_000_000 !== 0) return;
    this.#onSecond({ filmUs: (end - 1_000_000) as MediaUs, levels: this.#second });
    this.#second = {};
  }
}
