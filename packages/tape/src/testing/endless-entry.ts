// What the killed writer writes: an entry that follows from its sequence alone, so that anybody can check it.

import { ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '../entry.ts';
import { SAMPLE_START_AT } from './sample-entries.ts';

/** The entry with this sequence. */
export function endlessEntry(sequence: number): TapeEntry {
  const at = unixUs(SAMPLE_START_AT + sequence * 1000);
  if (sequence === 0) {
    return { kind: 'tape-opened', at, tapeId: 'tp_endless', roomId: 'r', streamId: 's', userId: 'u' };
  }
  if (sequence === 1) {
    return { kind: 'track-added', at, trackId: 1, mediaKind: 'video', codec: 'vp8', clockRate: 90_000 };
  }
  if (sequence % 97 === 0) return { kind: 'config-changed', at, trackId: 1, codecString: 'vp8', width: sequence };
  const data = new Uint8Array((sequence * 37) % 4000).fill(sequence & 255);
  const type = sequence % 30 === 0 ? 'key' : 'delta';
  const pts = ticks(sequence * 90);
  return { kind: 'frame', trackId: 1, type, pts, dts: pts, arrivedAt: at, data };
}
