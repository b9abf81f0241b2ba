// Why a picture cannot be had. Always about one picture, never about the recording, which goes on without it.

import { type Blame, RoomtapeError } from '@roomtape/media';

/** Codes of pictures that cannot be had; rows of the public catalogue. */
export type AssetErrorCode =
  | 'ASSET_BLOCKED'
  | 'ASSET_NOT_FOUND'
  | 'ASSET_TOO_LARGE'
  | 'ASSET_UNSUPPORTED'
  | 'ASSET_UNREACHABLE';

/** An error about a picture; `details` never holds its content. */
export type AssetError = RoomtapeError<AssetErrorCode>;

/** Makes the error for a picture that cannot be had. */
export function assetError(
  code: AssetErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): AssetError {
  const blame: Blame = code === 'ASSET_UNREACHABLE' ? 'source' : 'caller';
  return new RoomtapeError(code, message, { blame, retryable: code === 'ASSET_UNREACHABLE', details });
}

/** Turns whatever was thrown into an error about a picture. */
export function asAssetError(error: unknown): AssetError {
  if (error instanceof RoomtapeError && error.code.startsWith('ASSET_')) return error as AssetError;
  return assetError(
    'ASSET_UNREACHABLE',
    `the picture cannot be had: ${error instanceof Error ? error.message : error}`,
  );
}
