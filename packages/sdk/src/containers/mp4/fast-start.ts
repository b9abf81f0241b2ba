// Turns a finished MP4 whose `moov` is at its end into one that begins with it, for players that read over a network:
// a new view of the same bytes with moved chunk positions, no copy of the media.

import { boxesIn, findBox, readBoxType, readUint32, readUint64, uint64s } from '@roomtape/media';

/** No `moov` of ours is larger: it would be days of film. */
const MOVIE_BYTES_MAX = 256 * 2 ** 20;

/** Gives the parts of the same film with the `moov` first; as it is when it is not a finished MP4 of ours. */
export async function withMovieFirst(blob: Blob): Promise<readonly Blob[]> {
  const head = await bytesOf(blob.slice(0, 64));
  const placeholderAt = readUint32(head, 0);
  if (readBoxType(head, 4) !== 'ftyp' || placeholderAt > 40 || readBoxType(head, placeholderAt + 4) !== 'mdat') {
    return [blob];
  }
  const movieAt = placeholderAt + readUint64(head, placeholderAt + 8);
  if (movieAt >= blob.size || blob.size - movieAt > MOVIE_BYTES_MAX) return [blob];
  const movie = await bytesOf(blob.slice(movieAt));
  if (readBoxType(movie, 4) !== 'moov' || readUint32(movie, 0) !== movie.length) return [blob];
  moveChunks(movie, movie.length);
  return [
    blob.slice(0, placeholderAt),
    new Blob([movie as Uint8Array<ArrayBuffer>]),
    blob.slice(placeholderAt, movieAt),
  ];
}

function moveChunks(movie: Uint8Array, byBytes: number): void {
  for (const track of boxesIn(movie, 8, movie.length).filter((span) => span.type === 'trak')) {
    const table = findBox(movie, ['mdia', 'minf', 'stbl', 'co64'], track);
    if (table === undefined) continue;
    const count = readUint32(movie, table.from + 4);
    for (let i = 0; i < count && table.from + 16 + i * 8 <= table.end; i += 1) {
      const at = table.from + 8 + i * 8;
      movie.set(uint64s([readUint64(movie, at) + byBytes]), at);
    }
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}
