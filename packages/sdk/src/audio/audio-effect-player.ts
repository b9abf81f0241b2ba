// A player of short sound effects, decoded beforehand so that they start at once and may overlap.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { AudioOutputPorts, MediaPlayerState } from './media-player.ts';

/** How an effect is played. */
export type AudioEffectConfig = {
  /** How often, 0 = until stopped. Default 1. */
  readonly playCount?: number;
  /** 0 to 200. Default 100. */
  readonly volume?: number;
  /** Whether it also goes into the published stream and its recording. Default false. */
  readonly isPublishOut?: boolean;
  /** Default `main`. */
  readonly channel?: PublishChannel;
};

/** What an effect player tells. */
export type AudioEffectEvents = {
  state: {
    readonly effectId: number;
    readonly state: MediaPlayerState;
    readonly error: RoomtapeClientError | undefined;
  };
};

/** Effects by an id of the application's choice. */
export class AudioEffectPlayer {
  readonly #ports: AudioOutputPorts;
  readonly #events = new Emitter<AudioEffectEvents>();

  constructor(ports: AudioOutputPorts) {
    this.#ports = ports;
  }

  /** Subscribes to an event. */
  on<Name extends keyof AudioEffectEvents>(
    name: Name,
    listener: (event: AudioEffectEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /** Loads and decodes an effect. Rejects with `MEDIA_NOT_FOUND`, `MEDIA_CROSS_ORIGIN`, `MEDIA_NOT_PLAYABLE`. */
  load(effectId: number, _source: string | Blob): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED', { details: { effectId, state: this.#ports.graph.state } }));
  }
  /** Forgets an effect; stops it first. */
  unload(_effectId: number): void {}
  /** Starts a loaded effect, anew if it is playing. Throws `WRONG_STATE` if it is not loaded. */
  start(_effectId: number, _config: AudioEffectConfig = {}): void {}
  stop(_effectId: number): void {}
  stopAll(): void {}
  setVolume(_effectId: number, _volume: number): void {}
  /** Stops and frees everything. */
  close(): void {}
}
