// What a benchmark is to `run.ts`, and how one prints. A benchmark prints what it does while it does it, then a
// table, and leaves the same figures in `bench/results/`.

/** How a benchmark is asked to run. */
export type BenchmarkCall = {
  /** One or two minutes with few repetitions: tells that it works, not what the figures are. */
  readonly isQuick: boolean;
  /** Points or repetitions asked for, where a benchmark has them. */
  readonly points?: number;
  /** How long it lasts, where that can be said. */
  readonly minutes?: number;
  /** Also what takes half an hour, where a benchmark has that. */
  readonly isLong?: boolean;
  /** Only these parts, where a benchmark has several. */
  readonly parts?: readonly string[];
  /** Where the result goes instead of the benchmark's own name. */
  readonly resultName: string;
};

/** One benchmark. */
export type Benchmark = {
  readonly name: string;
  readonly summary: string;
  /** Takes so long that it runs only when named. */
  readonly isSlow: boolean;
  /** Resolves to whether every goal was met. */
  run(call: BenchmarkCall): Promise<boolean>;
};

/** A goal of a benchmark with what was measured. */
export type Goal = { readonly text: string; readonly isMet: boolean };

/** Prints a line of progress. */
export function say(text: string): void {
  console.log(`  ${text}`);
}

/** Prints rows under their column names, numbers to the right. */
export function printTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => String(row[column] ?? '').length)));
  for (const [index, row] of cells.entries()) {
    const isNumber = (column: number): boolean => index > 0 && typeof rows[index - 1]?.[column] === 'number';
    const line = row.map((cell, column) =>
      isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    console.log(`  ${line.join('  ').trimEnd()}`);
    if (index === 0) console.log(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  }
}

/** Prints the goals, met or not. */
export function printGoals(goals: readonly Goal[]): boolean {
  for (const { text, isMet } of goals) console.log(`  ${isMet ? 'met   ' : 'MISSED'}  ${text}`);
  return goals.every(({ isMet }) => isMet);
}

/** A number with a fixed count of decimals, as a number. */
export function rounded(value: number, decimals = 0): number {
  return Number(value.toFixed(decimals));
}
