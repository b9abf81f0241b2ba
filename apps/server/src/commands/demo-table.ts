// What `roomtape demo` prints at its end: a row per file, the faults, and how to play them. Pure.

import type { Recording, RecordingFile } from '@roomtape/api';
import { type Analysis, offsetText } from '@roomtape/testkit';

const HEAD = ['participant', 'duration', 'size', 'codecs', 'picture', 'A/V offset', 'missing', ''];

/** One file that was checked. `path` is where it is on this machine. */
export type DemoFile = { readonly file: RecordingFile; readonly path: string; readonly analysis: Analysis };

/** Writes the table of the files of a recording, ended by a newline. */
export function demoTable(recording: Recording, files: readonly DemoFile[]): string {
  const rows = [HEAD, ...files.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`);
  const faults = files.flatMap(({ file, analysis }) =>
    analysis.faults.map(({ code, message, atMs }) => {
      const place = atMs === undefined ? '' : ` at ${(atMs / 1000).toFixed(3)} s`;
      return `  ✘ ${file.userId}: ${code}${place}: ${message}`;
    }),
  );
  const problems = recording.problems.map(({ code, message }) => `  ✘ ${code}: ${message}`);
  const places = files.map(({ path }) => `  ${path}`);
  const play = files[0] === undefined ? [] : ['Play one with:', `  ffplay -autoexit "${files[0].path}"`];
  const none = files.length === 0 ? ['  ✘ no files were recorded'] : [];
  return `${['', ...lines, ...none, ...problems, ...faults, '', 'Files:', ...places, ...play].join('\n')}\n`;
}

function rowOf({ file, analysis }: DemoFile): string[] {
  return [
    file.userId,
    `${(analysis.durationMs / 1000).toFixed(2)} s`,
    `${(analysis.bytes / 1024 / 1024).toFixed(2)} MB`,
    codecsOf(analysis),
    analysis.video?.sizes.join(' → ') ?? '–',
    offsetText(analysis),
    `${analysis.missingSeconds} s`,
    analysis.isGood ? '✔' : '✘',
  ];
}

function codecsOf({ container, video, audio }: Analysis): string {
  const codecs = [video?.codec, audio?.codec].filter((codec) => codec !== undefined);
  return `${container}: ${codecs.join(' + ')}`;
}
