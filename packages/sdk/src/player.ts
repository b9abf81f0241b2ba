// One played stream: a MediaStream that stays the same object while its tracks are replaced after a reconnection.

import type { Environment } from './environment.ts';
import type { RoomtapeClientError } from './errors.ts';
import { type KeeperState, LinkKeeper } from './link-keeper.ts';
import type { SignalingTarget } from './signaling-resource.ts';

/** Where a player receives from and whom it tells. */
export type PlayerContext = {
  readonly environment: Environment;
  describeTarget(): Promise<SignalingTarget>;
  onState(state: KeeperState, error: RoomtapeClientError | undefined): void;
  /** The tracks of `mediaStream` changed. */
  onTracks(): void;
};

/** Plays one remote stream until stopped. */
export class Player {
  readonly mediaStream: MediaStream;
  readonly #keeper: LinkKeeper;
  readonly #onTracks: () => void;

  constructor(context: PlayerContext) {
    this.#onTracks = () => context.onTracks();
    this.mediaStream = context.environment.createMediaStream();
    this.#keeper = new LinkKeeper({
      environment: context.environment,
      describeLink: async () => ({
        ...(await context.describeTarget()),
        prepare: addReceivers,
      }),
      onLink: (link) => {
        link.connection.ontrack = (event) => this.#addTrack(event.track);
      },
      onState: context.onState,
    });
  }

  /** Where the stream stands. */
  get state(): KeeperState {
    return this.#keeper.state;
  }

  /** The connection in use, for statistics. */
  get connection(): RTCPeerConnection | undefined {
    return this.#keeper.link?.connection;
  }

  /** Resolves when media flows. Rejects with a client error when it cannot begin. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** Stops playing, tells the server and empties the `MediaStream`. */
  async stop(): Promise<void> {
    await this.#keeper.stop();
    for (const track of this.mediaStream.getTracks()) this.mediaStream.removeTrack(track);
  }

  #addTrack(track: MediaStreamTrack): void {
    for (const old of this.mediaStream.getTracks()) {
      if (old.kind === track.kind && old !== track) this.mediaStream.removeTrack(old);
    }
    this.mediaStream.addTrack(track);
    this.#onTracks();
  }
}

function addReceivers(connection: RTCPeerConnection): void {
  // Both, whatever the stream has just now: a track may follow later.
  for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
}
