// Decides, from a seed, what a bad network does to each packet: lose it, delay it, let others overtake it,
// deliver it twice. Decides only; `fake-network.ts` and `udp-relay.ts` carry packets accordingly.

import type { Ids } from '@roomtape/media';

/** What a direction of a network does to packets. Rates are probabilities from 0 to 1. */
export type PacketFaults = {
  readonly lossRate?: number;
  /** Packets lost together once a loss begins; 1 when absent. */
  readonly lossBurst?: number;
  readonly delayMs?: number;
  /** Added to `delayMs`, uniformly from 0 to this; lets packets overtake each other where they are closer. */
  readonly jitterMs?: number;
  /** How often a packet is held back by `reorderMs`, so that later ones overtake it. */
  readonly reorderRate?: number;
  readonly reorderMs?: number;
  readonly duplicateRate?: number;
};

/** The delays, in ms, of the copies of one packet that arrive; empty when it is lost. */
export type PacketFate = readonly number[];

/** What happened so far, in packets. */
export type PacketCounts = { sent: number; lost: number; reordered: number; duplicated: number; delivered: number };

/** Decides the fate of packets one after another. */
export interface PacketFaultPlan {
  /** The fate of the next packet. */
  next(): PacketFate;
  /** Replaces the faults from the next packet on. */
  setFaults(faults: PacketFaults): void;
  readonly counts: PacketCounts;
}

const REORDER_MS_DEFAULT = 15;

/** Creates a plan; the same `ids` seed and faults give the same fates. */
export function createPacketFaultPlan(faults: PacketFaults, ids: Ids): PacketFaultPlan {
  const counts: PacketCounts = { sent: 0, lost: 0, reordered: 0, duplicated: 0, delivered: 0 };
  let current = faults;
  let burstLeft = 0;
  const chance = (): number => ids.uint32() / 2 ** 32;
  const happens = (rate: number | undefined): boolean => rate !== undefined && rate > 0 && chance() < rate;
  const isLost = (): boolean => {
    if (burstLeft > 0) return --burstLeft >= 0;
    if (!happens(current.lossRate)) return false;
    burstLeft = (current.lossBurst ?? 1) - 1;
    return true;
  };
  return {
    counts,
    setFaults: (next) => {
      current = next;
      burstLeft = 0;
    },
    next() {
      counts.sent++;
      if (isLost()) {
        counts.lost++;
        return [];
      }
      let delayMs = current.delayMs ?? 0;
      if (current.jitterMs !== undefined) delayMs += chance() * current.jitterMs;
      if (happens(current.reorderRate)) {
        counts.reordered++;
        delayMs += current.reorderMs ?? REORDER_MS_DEFAULT;
      }
      const isTwice = happens(current.duplicateRate);
      if (isTwice) counts.duplicated++;
      counts.delivered += isTwice ? 2 : 1;
      return isTwice ? [delayMs, delayMs] : [delayMs];
    },
  };
}
