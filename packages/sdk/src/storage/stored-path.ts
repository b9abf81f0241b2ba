// Names of stored recordings: which are taken, what the file is called, what kind it is.

import type { StoredContainer } from './stored-recording.ts';

const TYPES: Readonly<Record<StoredContainer, string>> = {
  mp4: 'video/mp4',
  flv: 'video/x-flv',
  aac: 'audio/aac',
  wav: 'audio/wav',
  pcm: 'application/octet-stream',
};

/** The media type of a container. */
export function mediaTypeOf(container: StoredContainer): string {
  return TYPES[container];
}

/** The last part of a path. */
export function fileNameOf(filePath: string): string {
  return filePath.slice(filePath.lastIndexOf('/') + 1);
}

/** The path itself, or with the first of ` (1)`, ` (2)`… before the suffix that is not taken. */
export function freePath(filePath: string, taken: ReadonlySet<string>): string {
  const dot = filePath.lastIndexOf('.');
  const [stem, suffix] =
    dot > filePath.lastIndexOf('/') ? [filePath.slice(0, dot), filePath.slice(dot)] : [filePath, ''];
  let path = filePath;
  for (let i = 1; taken.has(path); i += 1) path = `${stem} (${i})${suffix}`;
  return path;
}
