// A one-way pipe for packets inside one process, with faults from a seed and time from a clock. Packets are
// copied on entry, as a socket would.

import type { CancelTimer, Clock, Ids } from '@roomtape/media';
import { createPacketFaultPlan, type PacketCounts, type PacketFaults } from './packet-faults.ts';

/** What a fake pipe is made of. */
export type FakePipeOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly faults?: PacketFaults;
  /** Receives each packet that arrives; owns its bytes. */
  readonly deliver: (packet: Uint8Array) => void;
  /** Packets in flight beyond this are lost, as in a full router queue. */
  readonly queuePacketsMax?: number;
};

/** One direction of a fake network. */
export interface FakePipe {
  send(packet: Uint8Array): void;
  setFaults(faults: PacketFaults): void;
  readonly counts: PacketCounts;
  /** Drops what is in flight; later packets go nowhere. Idempotent. */
  close(): void;
}

const QUEUE_PACKETS_MAX_DEFAULT = 100_000;

/** Creates a pipe that delivers at once (same call) what has no delay, everything else by the clock. */
export function createFakePipe(options: FakePipeOptions): FakePipe {
  const plan = createPacketFaultPlan(options.faults ?? {}, options.ids);
  const queueMax = options.queuePacketsMax ?? QUEUE_PACKETS_MAX_DEFAULT;
  const flying = new Set<CancelTimer>();
  let isClosed = false;
  const launch = (packet: Uint8Array, delayMs: number): void => {
    const cancel = options.clock.after(delayMs, () => {
      flying.delete(cancel);
      options.deliver(packet);
    });
    flying.add(cancel);
  };
  return {
    counts: plan.counts,
    setFaults: (faults) => plan.setFaults(faults),
    send(packet) {
      if (isClosed) return;
      for (const delayMs of plan.next()) {
        if (delayMs <= 0) options.deliver(packet.slice());
        else if (flying.size < queueMax) launch(packet.slice(), delayMs);
      }
    },
    close() {
      isClosed = true;
      for (const cancel of flying) cancel();
      flying.clear();
    },
  };
}
