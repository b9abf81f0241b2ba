// Loads media files for players, and says in words why one cannot be loaded.

import { platformObject } from '../engine/argument-reader.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';

const readBlob = platformObject<Blob>('Blob', 'size');

/** Reads what a page gives as a media file. Throws `INVALID_ARGUMENT`. */
export function readMediaSource(source: unknown): string | Blob {
  return typeof source === 'string' ? source : readBlob(source, 'source');
}

/** Loads all bytes of a file of at most `bytesMax`. Rejects with `MEDIA_NOT_FOUND`, `MEDIA_CROSS_ORIGIN`. */
export async function fetchMedia(source: string | Blob, bytesMax: number): Promise<ArrayBuffer> {
  const blob = typeof source === 'string' ? await fetchBlob(source) : source;
  if (blob.size > bytesMax) {
    const message = `The file is larger than ${bytesMax} bytes`;
    throw clientError('INVALID_ARGUMENT', { message, details: { bytes: blob.size, bytesMax } });
  }
  return await blob.arrayBuffer().catch((cause: unknown) => {
    throw clientError('MEDIA_NOT_FOUND', { message: 'The file cannot be read any more', cause });
  });
}

/**
 * Finds out why a media element refused a source: it tells no more than "cannot". Never rejects; costs one or two small
 * requests.
 */
export async function whyNotPlayed(source: string | Blob, code: number | undefined): Promise<RoomtapeClientError> {
  const details = { source: typeof source === 'string' ? source : 'blob', mediaErrorCode: code };
  if (typeof source !== 'string') return clientError('MEDIA_NOT_PLAYABLE', { details });
  if (code === MediaError.MEDIA_ERR_DECODE) return clientError('MEDIA_NOT_PLAYABLE', { details });
  try {
    const response = await fetch(source, { method: 'HEAD' });
    // A server may know the file and not the verb.
    if (response.ok || response.status === 405 || response.status === 501) {
      return clientError('MEDIA_NOT_PLAYABLE', { details });
    }
    return notFound(source, response.status);
  } catch (cause) {
    return await whyNotFetched(source, cause);
  }
}

async function fetchBlob(url: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw await whyNotFetched(url, cause);
  }
  if (!response.ok) throw notFound(url, response.status);
  return await response.blob().catch((cause: unknown) => {
    throw clientError('MEDIA_NOT_FOUND', { details: { source: url }, cause });
  });
}

function notFound(source: string, status: number): RoomtapeClientError {
  return clientError('MEDIA_NOT_FOUND', {
    message: `The server answered ${status} for the media file`,
    retryable: status >= 500,
    details: { source, status },
  });
}

/** A request that fails as a shared one and succeeds as a blind one was refused for its origin. */
async function whyNotFetched(url: string, cause: unknown): Promise<RoomtapeClientError> {
  const details = { source: url };
  const isForeign = URL.canParse(url, location.href) && new URL(url, location.href).origin !== location.origin;
  if (isForeign) {
    const isThere = await fetch(url, { method: 'HEAD', mode: 'no-cors' }).then(
      () => true,
      () => false,
    );
    if (isThere) return clientError('MEDIA_CROSS_ORIGIN', { details, cause });
  }
  return clientError('MEDIA_NOT_FOUND', { details, cause });
}
