// What a kill left on disk, copied as it lay at that moment and looked at afterwards with foreign tools: the
// frames in the tape, and those that ffmpeg can read from the file.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { openTapeReader } from '@roomtape/tape';
import { type FrameMark, readMarks } from './frame-mark.ts';

const run = promisify(execFile);
/** Frames keep the times they have: the pictures of a camera do not come on a grid. */
const AS_TIMED = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;

/** The sizes of files at one moment. */
export type Snapshot = readonly { readonly path: string; readonly bytes: number }[];

/** Notes the sizes of all files below some folders; fast, so that what still writes gets no further. */
export function snapshotFiles(folders: readonly string[]): Snapshot {
  return folders.flatMap((folder) => {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return entries.flatMap((entry) => {
      if (!entry.isFile()) return [];
      const path = join(entry.parentPath, entry.name);
      const bytes = statSync(path, { throwIfNoEntry: false })?.size;
      return bytes === undefined ? [] : [{ path, bytes }];
    });
  });
}

/** Copies what a snapshot saw, cut to the sizes it saw; returns the folder's copies by their path below `root`. */
export function copySnapshot(snapshot: Snapshot, root: string, target: string): string[] {
  return snapshot.flatMap(({ path, bytes }) => {
    const copy = join(target, relative(root, path));
    mkdirSync(dirname(copy), { recursive: true });
    try {
      cpSync(path, copy);
    } catch {
      // Renamed since: a file that is published under its final name is in the snapshot of the next trial.
      return [];
    }
    if (statSync(copy).size > bytes) truncateSync(copy, bytes);
    return [copy];
  });
}

/** Whose tape it is, and the marks of all its frames that the tape's reader gives. */
export type TapeReading = { readonly streamId: string; readonly marks: readonly FrameMark[] };

/** Reads a tape as a worker would. */
export function readTape(directory: string): TapeReading {
  const reader = openTapeReader(directory);
  const marks: FrameMark[] = [];
  let streamId = '';
  for (const { entry } of reader) {
    if (entry.kind === 'tape-opened') streamId = entry.streamId;
    else if (entry.kind === 'frame') marks.push(...readMarks(entry.data));
  }
  reader.close();
  return { streamId, marks };
}

/** What ffmpeg says of a file: the marks of the frames it reads, and its complaints when it decodes them. */
export type FileReading = { readonly marks: readonly FrameMark[]; readonly complaints: string };

/** Reads a file with ffmpeg, once as packets and once decoded. */
export async function readFile(path: string): Promise<FileReading> {
  const options = { encoding: 'buffer', maxBuffer: OUTPUT_BYTES_MAX } as const;
  const copy = ['-v', 'error', '-i', path, '-map', '0:v:0', '-c', 'copy', '-f', 'h264', 'pipe:1'];
  const [packets, decoded] = await Promise.all([
    run('ffmpeg', copy, options).catch((error: { stdout: Buffer; stderr: Buffer }) => error),
    run('ffmpeg', ['-v', 'error', '-threads', '1', '-i', path, ...AS_TIMED, '-f', 'null', '-'], options).catch(
      (error: { stderr: Buffer; message: string }) => ({ stderr: Buffer.from(`${error.stderr}${error.message}`) }),
    ),
  ]);
  return { marks: readMarks(packets.stdout), complaints: `${packets.stderr}${decoded.stderr}`.trim() };
}
