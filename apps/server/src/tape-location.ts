// Finds the tapes a command line names: a tape's directory, a recording's directory, or the id of either in a
// data directory.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const TAPE_CHUNK = /\.tape$/;

/** Directories of the tapes a name stands for; empty when there is none. */
export function findTapes(name: string, dataDirectory: string): string[] {
  const candidates = [name, join(dataDirectory, 'tapes', name), join(dataDirectory, 'recordings', name)];
  for (const candidate of candidates) {
    const found = tapesIn(resolve(candidate));
    if (found.length > 0) return found;
  }
  return [];
}

function tapesIn(directory: string): string[] {
  if (!isDirectory(directory)) return [];
  if (readdirSync(directory).some((entry) => TAPE_CHUNK.test(entry))) return [directory];
  const folder = join(directory, 'tapes');
  if (!isDirectory(folder)) return [];
  const links = readdirSync(folder).map((entry) => join(folder, entry));
  return links.filter((link) => existsSync(link)).flatMap((link) => tapesIn(realpathSync(link)));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
