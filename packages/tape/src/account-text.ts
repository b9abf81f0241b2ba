// A tape's account as text, for the `verify` command and golden tests.

import { toRfc3339 } from '@roomtape/media';
import { chunkName } from './format.ts';
import type { AccountedMs, TapeAccount, TrackAccount } from './verify.ts';

const STRIP_SECONDS_PER_LINE = 60;

/** Prints an account: a line for the tape, per track its figures and a strip of seconds, then what was unreadable. */
export function* printAccount(account: TapeAccount): Iterable<string> {
  const seconds = ((account.endedAt - account.startedAt) / 1e6).toFixed(3);
  const state = account.sealed ? 'sealed' : 'not sealed';
  yield `tape ${account.tapeId} ${toRfc3339(account.startedAt)} ${seconds}s ${account.entries} entries, ${state}`;
  for (const track of account.tracks) yield* printTrack(track);
  yield `total ${figures(account.totals)}`;
  for (const { reason, chunkNumber, offset, bytes, entriesLost } of account.skipped) {
    yield `!! ${reason} ${chunkName(chunkNumber)}@${offset} ${bytes}B lost=${entriesLost}`;
  }
}

function* printTrack(track: TrackAccount): Iterable<string> {
  const { trackId, mediaKind, codec, frames, keyframes, frameIntervalMs } = track;
  const counts = mediaKind === 'video' ? `${frames} frames, ${keyframes} key` : `${frames} frames`;
  const verdict = track.continuous ? 'continuous' : 'NOT CONTINUOUS';
  yield `track ${trackId} ${mediaKind} ${codec} ${counts}, every ${frameIntervalMs.toFixed(1)}ms, ${verdict}`;
  yield `  ${figures(track)}`;
  for (let at = 0; at < track.seconds.length; at += STRIP_SECONDS_PER_LINE) {
    yield `  ${String(at).padStart(5)}s ${track.seconds.slice(at, at + STRIP_SECONDS_PER_LINE)}`;
  }
}

function figures(sums: AccountedMs): string {
  const { recordedMs, lostMs, mutedMs, pausedMs, gapMs, missingMs } = sums;
  return `recorded=${recordedMs}ms lost=${lostMs}ms muted=${mutedMs}ms paused=${pausedMs}ms gap=${gapMs}ms missing=${missingMs}ms`;
}
