// Writes the tape a capture would have written for a scripted publication: clocks with any origin and rate,
// network delay, sender reports, and faults. Entries are plain data until `write` puts them into a real tape.

import type { EncodedPacket } from '@roomtape/ffmpeg';
import {
  createSystemClock,
  describeConfig,
  silentLog,
  ticks,
  type UnixUs,
  unixUs,
  usToTicks,
  type VideoCodec,
} from '@roomtape/media';
import { openTape, type TapeEntry } from '@roomtape/tape';

/** Wall time of source time 0 in every script. */
export const EPOCH = 1_800_000_000_000_000;

/** One track of a scripted publication. */
export type ScriptTrack = {
  readonly trackId: number;
  readonly codec: VideoCodec | 'opus';
  readonly packets: readonly EncodedPacket[];
  /** Ticks at source time 0. */
  readonly ticksOrigin?: number;
  /** Source ticks per real tick: 1.005 is half a percent fast. */
  readonly rate?: number;
  /** Network delay of each packet, µs. */
  readonly delayUs?: (index: number) => number;
  /** Whether a packet is in the tape. */
  readonly keeps?: (ptsUs: number, packet: EncodedPacket) => boolean;
  /** Sender reports every so often, µs; 0 for none. */
  readonly reportsUs?: number;
  /** The sender's wall clock minus ours, µs. */
  readonly senderOffsetUs?: number;
  /** Moves the whole publication on the wall clock, µs. */
  readonly shiftUs?: number;
};

/** Collects entries; sorts them by arrival when they are taken. */
export class Script {
  readonly #entries: { at: number; order: number; entry: TapeEntry }[] = [];

  constructor() {
    const at = unixUs(EPOCH - 1_000_000);
    this.add(at, { kind: 'tape-opened', at, tapeId: 'tape', roomId: 'room', streamId: 'stream', userId: 'user' });
  }

  /** Adds any entry at a wall time. */
  add(at: number, entry: TapeEntry): this {
    this.#entries.push({ at, order: this.#entries.length, entry });
    return this;
  }

  /** Adds a whole track. */
  track(options: ScriptTrack): this {
    const video = options.codec !== 'opus';
    const clockRate = video ? 90_000 : 48_000;
    const shift = EPOCH + (options.shiftUs ?? 0);
    const toTicks = (us: number) =>
      ticks(Math.round((options.ticksOrigin ?? 0) + usToTicks(us, clockRate) * (options.rate ?? 1)));
    const kept = options.packets.filter((packet) => options.keeps?.(packet.ptsUs, packet) ?? true);
    const firstAt = shift + (kept[0]?.ptsUs ?? 0) - 200_000;
    const { trackId } = options;
    const channels = video ? {} : { channels: 2 };
    this.add(firstAt, {
      kind: 'track-added',
      at: unixUs(firstAt),
      trackId,
      mediaKind: video ? 'video' : 'audio',
      codec: options.codec,
      clockRate,
      ...channels,
    });
    let last = '';
    for (const [index, packet] of kept.entries()) {
      // A picture that is shown later is sent in decode order, when it is encoded.
      const sentAt = shift + Math.max(packet.dtsUs, packet.ptsUs - 200_000);
      const arrivedAt = unixUs(Math.round(sentAt + (options.delayUs?.(index) ?? 20_000)));
      const config = video && packet.key ? describeConfig(options.codec, packet.data) : undefined;
      if (config !== undefined && JSON.stringify([config.width, config.height]) !== last) {
        last = JSON.stringify([config.width, config.height]);
        this.add(arrivedAt, { kind: 'config-changed', at: arrivedAt, trackId, ...config });
      }
      const pts = toTicks(packet.ptsUs);
      const type = !video || packet.key ? 'key' : 'delta';
      this.add(arrivedAt, { kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data: packet.data });
    }
    this.#reports(options, { toTicks, shift, firstUs: kept[0]?.ptsUs ?? 0, lastUs: kept[kept.length - 1]?.ptsUs ?? 0 });
    return this;
  }

  /** All entries in order of arrival. */
  entries(): TapeEntry[] {
    return [...this.#entries].sort((a, b) => a.at - b.at || a.order - b.order).map(({ entry }) => entry);
  }

  /** Writes the entries as a sealed tape. */
  async write(directory: string): Promise<void> {
    const writer = await openTape({
      directory,
      tapeId: 'tape',
      clock: createSystemClock(),
      log: silentLog,
      limits: { queueBytesMax: 1 << 30 },
    });
    for (const entry of this.entries()) writer.append(entry);
    await writer.seal('test');
    await writer.close();
  }

  #reports(
    options: ScriptTrack,
    clock: { toTicks: (us: number) => ReturnType<typeof ticks>; shift: number; firstUs: number; lastUs: number },
  ): void {
    const period = options.reportsUs ?? 1_000_000;
    if (period === 0) return;
    for (let us = clock.firstUs + 100_000; us < clock.lastUs; us += period) {
      const arrivedAt = unixUs(Math.round(clock.shift + us + 20_000));
      this.add(arrivedAt, {
        kind: 'clock-anchor',
        trackId: options.trackId,
        ticks: clock.toTicks(us),
        senderAt: unixUs(Math.round(clock.shift + us + (options.senderOffsetUs ?? 7_000_000_000))),
        arrivedAt,
      });
    }
  }
}

/** A wall time of the script, from source µs. */
export function wall(us: number): UnixUs {
  return unixUs(EPOCH + us);
}
