// What a load generator process is told and what it answers, over IPC.

import type { LoopSpec } from './encoded-loop.ts';

/** What a generator is told; each message is answered once, in order. */
export type GeneratorOrder =
  | { readonly kind: 'prepare'; readonly loop: LoopSpec }
  /** Publishes streams `<prefix>0` … by WHIP, one after the other. */
  | {
      readonly kind: 'publish';
      readonly server: string;
      readonly token: string;
      readonly roomId: string;
      readonly prefix: string;
      readonly count: number;
    }
  /** Plays stream `<prefix><index>` by WHEP many times; what comes is counted and dropped. */
  | {
      readonly kind: 'play';
      readonly server: string;
      readonly token: string;
      readonly roomId: string;
      readonly prefix: string;
      readonly index: number;
      readonly count: number;
    }
  /** Sends the same packets in the clear to local UDP ports. */
  | { readonly kind: 'send-udp'; readonly ports: readonly { readonly video: number; readonly audio: number }[] }
  /** Ends what is sent in the clear. */
  | { readonly kind: 'stop-udp' }
  /** Ends everything that is being sent. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'count' };

/** What a generator did since it began. */
export type GeneratorCounts = {
  readonly streams: number;
  readonly packets: number;
  readonly bytes: number;
  readonly retransmitted: number;
  readonly unsent: number;
  /** Packets that came to players. */
  readonly received: number;
  /** Worst delay of its 5 ms timer since the last count, ms: when it is large, the generator starved. */
  readonly worstLagMs: number;
};

/** An answer: the counts, or why an order failed. */
export type GeneratorAnswer = { readonly counts: GeneratorCounts } | { readonly error: string };
