// Reads the values of command options: durations, picture sizes, numbers, choices. Collects problems instead of
// throwing, so that a command can name all of them at once.

/** The options of one call as text, and the problems found in them so far. */
export class CommandValues {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(values: Readonly<Record<string, string | boolean | undefined>>) {
    this.#values = values;
  }

  /** A text; `undefined` when the option is absent. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** A text that must be there. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.problems.push(`--${name} is missing`);
    return value ?? '';
  }

  /** Whether a flag is set. */
  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A duration such as `30s`, `1500ms`, `2m`, `1h`, or a number of seconds; in ms. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
    const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? 's'] ?? 1000;
    const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * factor);
    if (ms > 0) return ms;
    this.problems.push(`--${name} ${text} is not a duration: write 30s, 1500ms, 2m or 1h`);
    return undefined;
  }

  /** A picture size such as `1280x720`, even, from 96 to 4096 a side. */
  size(name: string): { readonly width: number; readonly height: number } | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const match = /^(\d{2,4})x(\d{2,4})$/.exec(text);
    const [width, height] = [Number(match?.[1]), Number(match?.[2])];
    const isSide = (side: number): boolean => side >= 96 && side <= 4096 && side % 2 === 0;
    if (isSide(width) && isSide(height)) return { width, height };
    this.problems.push(`--${name} ${text} is not a picture size: write 1280x720, even, 96 to 4096 a side`);
    return undefined;
  }

  /** A whole number within limits. */
  integer(name: string, limits: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= limits.min && value <= limits.max) return value;
    this.problems.push(`--${name} ${text} is not a whole number from ${limits.min} to ${limits.max}`);
    return undefined;
  }

  /** One of a list of words. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = words.find((word) => word === text);
    if (found === undefined) this.problems.push(`--${name} ${text} is none of ${words.join(', ')}`);
    return found;
  }
}
