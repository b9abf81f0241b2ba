// A WHEP client in Node: plays a stream over the transport port and hands out its frames.

import { assert, type Clock, type Ids, type VideoCodec } from '@roomtape/media';
import type { RtcTransport, RtcTransportFactory, TransportState } from '@roomtape/webrtc';
import type { AnsweredMedia } from './client-offer.ts';
import { closeHttpSession, type HttpSession, type HttpSessionOptions } from './http-session.ts';
import { openTransport } from './open-transport.ts';
import { type PlayedFrame, RtpPlayer } from './rtp-player.ts';
import type { ReceivedCounts } from './rtp-receiver.ts';

/** What is played from where. */
export type WhepClientOptions = HttpSessionOptions & {
  readonly factory: RtcTransportFactory;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Video codecs offered; all when absent. */
  readonly videoCodecs?: readonly VideoCodec[];
  readonly hasAudio?: boolean;
  readonly onFrame?: (frame: PlayedFrame) => void;
  readonly onState?: (state: TransportState) => void;
  readonly editAnswer?: (sdp: string) => string;
};

const OFFERED: readonly VideoCodec[] = ['h264', 'vp8', 'vp9', 'av1', 'h265'];

/** Plays one stream; `connect`, then `close`. */
export class WhepClient {
  readonly #options: WhepClientOptions;
  #session: HttpSession | undefined;
  #transport: RtcTransport | undefined;
  #player: RtpPlayer | undefined;
  #media: readonly AnsweredMedia[] = [];

  constructor(options: WhepClientOptions) {
    this.#options = options;
  }

  /** What the server agreed to send. */
  get media(): readonly AnsweredMedia[] {
    return this.#media;
  }

  /** Counters per kind of media. */
  get counts(): Partial<Record<'audio' | 'video', ReceivedCounts>> {
    return this.#player?.counts ?? {};
  }

  /** Opens the session and begins to receive; throws a `RoomtapeError` when refused or not connected in 10 s. */
  async connect(): Promise<void> {
    assert(this.#transport === undefined, 'connect is called once');
    const { clock, ids, onFrame, hasAudio = true, videoCodecs = OFFERED } = this.#options;
    // Packets may come before `openTransport` returns: connected, but the player not yet made.
    const early: Uint8Array[] = [];
    const opened = await openTransport(
      { ...this.#options, hasAudio },
      {
        offer: { direction: 'recvonly', videoCodecs },
        onPacket: (packet) => (this.#player === undefined ? early.push(packet) : this.#player.handlePacket(packet)),
      },
    );
    const { transport, answer, session } = opened;
    this.#session = session;
    this.#transport = transport;
    this.#media = answer.media;
    this.#player = new RtpPlayer({
      media: answer.media,
      clock,
      ids,
      send: (packet) => transport.send(packet),
      ...(onFrame === undefined ? {} : { onFrame }),
    });
    for (const packet of early) this.#player.handlePacket(packet);
  }

  /** Asks for a keyframe. */
  requestKeyframe(): void {
    this.#player?.requestKeyframe();
  }

  /** Ends the session with DELETE. Idempotent. */
  async close(): Promise<void> {
    const [session, transport] = [this.#session, this.#transport];
    this.#session = undefined;
    this.#transport = undefined;
    this.#player?.close();
    try {
      if (session !== undefined) await closeHttpSession(this.#options, session.resource);
    } finally {
      transport?.close();
    }
  }
}
