// A picture as a file: encoded, written beside its place and moved there, so that no reader finds a half one.

import { renameSync, writeFileSync } from 'node:fs';
import { type EncodedPicture, encodePicture, type NativePicture, type PictureFormat } from '@roomtape/ffmpeg';

/** How pictures are stored. */
export type PictureLook = {
  readonly format: PictureFormat;
  /** Width, px; absent: as it was recorded. */
  readonly width?: number;
};

/** The usual end of a file's name. */
export const PICTURE_EXTENSION: Readonly<Record<PictureFormat, string>> = { jpeg: 'jpg', webp: 'webp' };
/** The end of the name of what is not whole yet. */
export const TEMPORARY = '.part';

/** Writes a picture; throws what the encoder and the disk throw. */
export function writePicture(path: string, picture: NativePicture, look: PictureLook): EncodedPicture {
  const encoded = encodePicture(picture, look);
  writeWhole(path, encoded.data);
  return encoded;
}

/** Puts a file in its place as a whole. */
export function writeWhole(path: string, data: Uint8Array | string): void {
  writeFileSync(path + TEMPORARY, data);
  renameSync(path + TEMPORARY, path);
}
