// Uploaded pictures: backgrounds and watermarks of mixed films, named `asset:FILE_ID`. What they are is told from their
// first bytes here; whether they may be drawn is checked by whoever draws them.

import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A picture larger than this is refused, as one from an address is. */
export const PICTURE_BYTES_MAX = 5_000_000;

/** A byte order mark, a comment or a declaration may come first; a page is no picture. */
const SVG_START = /^(?:\u00ef\u00bb\u00bf)?\s*<(?:svg[\s>]|\?xml|!--|!doctype\s+svg)/i;
const FILE_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether a file that begins so is a PNG, JPEG or WebP, or text that may be an SVG. */
export function isPicture(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 16));
  if (text.startsWith('\x89PNG\r\n') || text.startsWith('\xff\xd8\xff')) return true;
  if (text.startsWith('RIFF')) return text.slice(8, 12) === 'WEBP';
  return SVG_START.test(text);
}

/** Moves an uploaded picture to where it is read; after a crash it is in one place or the other. */
export async function keepPicture(dataDirectory: string, fileId: string, from: string): Promise<void> {
  const path = picturePath(dataDirectory, fileId);
  await mkdir(dirname(path), { recursive: true });
  await rename(from, path);
}

/** Whether a picture of this id is kept. */
export async function hasPicture(dataDirectory: string, fileId: string): Promise<boolean> {
  return stat(picturePath(dataDirectory, fileId)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The bytes of a picture; `undefined` when there is none of this id. */
export async function readPicture(dataDirectory: string, fileId: string): Promise<Uint8Array | undefined> {
  if (!FILE_ID.test(fileId) || !(await hasPicture(dataDirectory, fileId))) return undefined;
  return new Uint8Array(await readFile(picturePath(dataDirectory, fileId)));
}

function picturePath(dataDirectory: string, fileId: string): string {
  return join(dataDirectory, 'assets', fileId);
}
