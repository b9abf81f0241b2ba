// For tapes whose process is gone: tells how they end, and seals those nobody will continue.

import type { Clock, Log } from '@roomtape/media';
import { nodeFilesystem, type TapeFilesystem } from './filesystem.ts';
import { type RecoveredTape, readTapeEnd } from './tape-end.ts';
import { openTape } from './tape-writer.ts';

/** Tells how a tape ends; `undefined` when the directory holds none. The tape may still be written. */
export function recoverTape(
  directory: string,
  options: { readonly filesystem?: TapeFilesystem } = {},
): RecoveredTape | undefined {
  return readTapeEnd(directory, options.filesystem ?? nodeFilesystem)?.facts;
}

/**
 * Seals a tape whose writer died and will not come back: its open tracks end where it broke off. Returns
 * how it ended before; does nothing when it is sealed already. Rejects with `tape-stalled` on a full disk.
 */
export async function sealAbandonedTape(
  directory: string,
  options: { readonly clock: Clock; readonly log: Log; readonly filesystem?: TapeFilesystem; readonly reason?: string },
): Promise<RecoveredTape | undefined> {
  const facts = recoverTape(directory, options);
  if (facts === undefined || facts.sealed) return facts;
  const { clock, log } = options;
  const filesystem = options.filesystem ?? nodeFilesystem;
  const writer = await openTape({ directory, tapeId: facts.tapeId, clock, log, filesystem });
  const at = facts.lastAt ?? clock.now();
  for (const { trackId } of facts.openTracks) {
    writer.append({ kind: 'track-ended', at, trackId, reason: 'process-ended' });
  }
  await writer.seal(options.reason ?? 'abandoned').finally(() => writer.close());
  return facts;
}
