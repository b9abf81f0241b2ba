// Draws a timeline as text: for people, and for tests that compare it.

import type { FileTimeline, Timeline, TrackTimeline } from './plan.ts';

/** Draws every file: one row per track, `#` media, letters where it is missing, then the sums by reason. */
export function printTimeline(timeline: Timeline, columns = 60): string {
  const lines: string[] = [];
  for (const file of timeline.files) {
    const state = file.closed ? 'closed' : 'open';
    lines.push(`file ${file.file}  ${seconds(file.durationUs)}  ${state}`);
    for (const kind of ['video', 'audio'] as const) {
      const track = file[kind];
      if (track !== undefined) lines.push(...printTrack(kind, track, { file, columns }));
    }
  }
  const dropped = Object.entries(timeline.dropped).map(([reason, count]) => `${reason} ${count}`);
  if (dropped.length > 0) lines.push(`dropped  ${dropped.join(', ')}`);
  const clocks = Object.entries(timeline.clocks).map(([event, count]) => `${event} ${count}`);
  if (clocks.length > 0) lines.push(`clocks   ${clocks.join(', ')}`);
  return lines.join('\n');
}

function printTrack(kind: string, track: TrackTimeline, place: { file: FileTimeline; columns: number }): string[] {
  const { file, columns } = place;
  const row = Array.from({ length: columns }, (_, i) => {
    const at = ((i + 0.5) * file.durationUs) / columns;
    const hole = track.missing.find((span) => at >= span.fromUs && at < span.toUs);
    return hole === undefined ? '#' : hole.reason.slice(0, 1);
  }).join('');
  const sums = Object.entries(track.missingUs).map(([reason, us]) => `${reason} ${seconds(us)}`);
  const missing = sums.length > 0 ? `  missing ${sums.join(', ')}` : '';
  return [`  ${kind} |${row}| ${track.codec} ${track.frames} frames${missing}`];
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}
