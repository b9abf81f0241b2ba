// What a browser's tape says: pictures with exact reports, sound with late ones, for tests of clocks.

import { ticks, unixUs } from '@roomtape/media';
import type { TapeEntry } from '@roomtape/tape';
import { EPOCH } from './scripted-tape.ts';

const SENDER = 5_000_000;
/** An Opus packet of 20 ms that carries its number. */
const opus = (i: number): Uint8Array => Uint8Array.of(0x78, i >> 8, i & 0xff);

/** One publication of a browser. */
export type Scene = {
  readonly seconds: number;
  readonly engine: boolean;
  /** How late sound is handed over beside its own length, µs, by packet. */
  readonly lateUs: (packet: number) => number;
  /** How fast the sound's clock runs against the sender's wall clock. */
  readonly drift?: number;
  readonly captures?: boolean;
  /** Sound that the device lost before a packet, in all, µs. */
  readonly lostUs?: (packet: number) => number;
  /** How far reports are from the truth, as an engine makes them that knows when sound was captured. */
  readonly exact?: boolean;
};

/** When the first sample of a packet was taken, µs. */
export const capturedUs = (scene: Scene, i: number): number =>
  Math.round(i * 20_000 * (1 + (scene.drift ?? 0))) + (scene.lostUs?.(i) ?? 0);

/** What Chromium sends: pictures with exact reports each second, sound with late ones each five. */
export function browserTape(scene: Scene): TapeEntry[] {
  const timed: { at: number; entry: TapeEntry }[] = [];
  const senderEngine = scene.engine ? { senderEngine: 'libwebrtc' as const } : {};
  const added = (trackId: number, codec: 'vp8' | 'opus'): TapeEntry => {
    const mediaKind = codec === 'opus' ? 'audio' : 'video';
    const clockRate = codec === 'opus' ? 48_000 : 90_000;
    return { kind: 'track-added', at: unixUs(EPOCH), trackId, mediaKind, codec, clockRate, ...senderEngine };
  };
  timed.push({ at: EPOCH, entry: added(1, 'vp8') }, { at: EPOCH, entry: added(2, 'opus') });
  const report = (trackId: number, pts: number, sentAt: number, claimed: number): void => {
    const arrivedAt = unixUs(EPOCH + sentAt + 1000 + (sentAt % 3000));
    const senderAt = unixUs(EPOCH + SENDER + claimed);
    const source = scene.captures === true ? { source: 'capture-time' as const } : {};
    timed.push({
      at: arrivedAt,
      entry: { kind: 'clock-anchor', trackId, ticks: ticks(pts), senderAt, arrivedAt, ...source },
    });
  };
  for (let i = 0; i < scene.seconds * 25; i += 1) {
    const us = i * 40_000;
    const pts = ticks(3600 * i);
    const arrivedAt = unixUs(EPOCH + us + 30_000);
    const type = i % 25 === 0 ? 'key' : 'delta';
    timed.push({
      at: arrivedAt,
      entry: { kind: 'frame', trackId: 1, type, pts, dts: pts, arrivedAt, data: new Uint8Array(9) },
    });
    if (i % 25 === 0) report(1, pts, us + 31_000, us);
  }
  let sent = 0;
  for (let i = 0; i < scene.seconds * 50; i += 1) {
    const captured = capturedUs(scene, i);
    // A queue: nothing overtakes.
    sent = Math.max(sent + 3000, captured + 20_000 + scene.lateUs(i));
    const pts = ticks(777 + 960 * i);
    const arrivedAt = unixUs(EPOCH + sent + 1000 + (i % 7) * 300);
    timed.push({
      at: arrivedAt,
      entry: { kind: 'frame', trackId: 2, type: 'key', pts, dts: pts, arrivedAt, data: opus(i) },
    });
    const knows = scene.exact === true || scene.captures === true;
    if (i % (knows ? 50 : 250) === 10) report(2, pts, sent, knows ? captured : sent);
  }
  return timed.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}
