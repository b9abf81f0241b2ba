// Files of a recording as a table of text for people.

/** One row: what the table shows of a file. */
export type FileRow = {
  readonly name: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  readonly width?: number;
  readonly height?: number;
  /** Media time no frame covers, by reason; only its being zero or not is shown. */
  readonly missing: Readonly<Record<string, number>>;
};

/** Writes a table with a line per file, ending in a newline. */
export function filesTable(rows: readonly FileRow[]): string {
  const head = ['file', 'duration', 'size', 'video', 'audio', 'missing'];
  const cells = rows.map((row) => [
    row.name,
    `${(row.durationMs / 1000).toFixed(2)} s`,
    `${(row.bytes / 1e6).toFixed(2)} MB`,
    row.videoCodec === undefined ? '-' : `${row.videoCodec} ${row.width ?? '?'}x${row.height ?? '?'}`,
    row.audioCodec ?? '-',
    Object.keys(row.missing)
      .filter((reason) => row.missing[reason] !== 0)
      .join(', ') || 'none',
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return `${[head, ...cells].map(line).join('\n')}\n`;
}
