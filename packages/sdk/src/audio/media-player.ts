// A player of media files, local and remote, whose sound can be mixed into a published stream.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { ChannelMixer } from './channel-mixer.ts';

/** What a player is doing. */
export type MediaPlayerState = 'no-play' | 'playing' | 'paused' | 'play-ended';

/** What a player tells. */
export type MediaPlayerEvents = {
  state: { readonly state: MediaPlayerState; readonly error: RoomtapeClientError | undefined };
  progress: { readonly positionMs: number; readonly durationMs: number };
};

/** Where players, effects and PCM play and what they may be mixed into. */
export type AudioOutputPorts = {
  readonly graph: AudioGraph;
  mixerOf(channel: PublishChannel): ChannelMixer;
};

/** Options of a player. */
export type MediaPlayerOptions = {
  /** Where the picture is shown; the player owns its source and sound from now on. Default: an element of its own. */
  readonly view?: HTMLVideoElement;
  /** 100 to 10 000. Default 1000. */
  readonly progressIntervalMs?: number;
};

/** One file at a time; several players play at once. */
export class MediaPlayer {
  /** The element with the picture; put it into the page if there is one. */
  readonly element: HTMLVideoElement;
  readonly #ports: AudioOutputPorts;
  readonly #events = new Emitter<MediaPlayerEvents>();
  #state: MediaPlayerState = 'no-play';

  constructor(ports: AudioOutputPorts, options: MediaPlayerOptions = {}) {
    this.#ports = ports;
    this.element = options.view ?? document.createElement('video');
  }

  get state(): MediaPlayerState {
    return this.#state;
  }
  /** ms; 0 before a file is loaded. */
  get durationMs(): number {
    return 0;
  }
  get positionMs(): number {
    return 0;
  }

  /** Subscribes to an event. */
  on<Name extends keyof MediaPlayerEvents>(
    name: Name,
    listener: (event: MediaPlayerEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, listener);
  }

  /**
   * Loads a file; resolves when its length and size are known. A load that follows replaces it (`CANCELLED`). Rejects
   * with `MEDIA_NOT_FOUND`, `MEDIA_CROSS_ORIGIN`, `MEDIA_NOT_PLAYABLE`.
   */
  load(source: string | Blob): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED', { details: { source, state: this.#ports.graph.state } }));
  }

  /** Plays from the beginning, or from where it was sought. Rejects with `WRONG_STATE`, `AUDIO_SUSPENDED`. */
  start(): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED'));
  }
  pause(): void {}
  resume(): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED'));
  }
  /** Back to the beginning; the file stays loaded. */
  stop(): void {}
  /** Resolves at the new position. */
  seekTo(positionMs: number): Promise<void> {
    return Promise.reject(clientError('NOT_SUPPORTED', { details: { positionMs } }));
  }
  /** Both volumes at once, 0 to 200. */
  setVolume(volume: number): void {
    this.setPlayVolume(volume);
    this.setPublishVolume(volume);
  }
  /** What is heard here. */
  setPlayVolume(_volume: number): void {}
  /** What goes into the published stream and its recording, while `enableAux` is on. */
  setPublishVolume(_volume: number): void {}
  /** Plays again from the beginning when it ends. */
  enableRepeat(_isEnabled: boolean): void {}
  /** Mixes the sound into the published stream of a channel, and so into its recording. Off by default. */
  enableAux(_isEnabled: boolean, _channel: PublishChannel = 'main'): void {}
  /** Stops and frees everything; the player cannot be used any more. */
  close(): void {}
}
