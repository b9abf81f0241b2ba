// Durations as people type them on a command line.

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Reads `500ms`, `30s`, `5m`, `1.5h` or a plain number of seconds; `undefined` when it is none of these. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return Number(match[1]) * UNITS[(match[2] ?? 's') as keyof typeof UNITS];
}
