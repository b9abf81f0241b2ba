// The streams an engine plays: as tracks for recordings, and as sounds for raw audio. Does not own the tracks.

import type { PlaybackTracks } from '../audio/playback-tracks.ts';
import type { RoomtapeClient } from '../client.ts';
import { Emitter, type Unsubscribe } from '../emitter.ts';
import { clientError } from '../errors.ts';
import type { RecordingSource } from '../recording/recording-source.ts';
import { invalidArgument } from './argument-reader.ts';

type Shown = { readonly mediaStream: MediaStream; readonly element: HTMLMediaElement };

/** Follows what is played. */
export class PlayedStreams {
  readonly #client: RoomtapeClient;
  readonly #playback: PlaybackTracks;
  readonly #streams = new Map<string, MediaStream>();
  readonly #shown = new Map<string, Shown>();
  readonly #changes = new Emitter<{ change: string }>();

  constructor(client: RoomtapeClient, playback: PlaybackTracks) {
    this.#client = client;
    this.#playback = playback;
    client.on('player-tracks-changed', ({ streamId, mediaStream }) => {
      this.#streams.set(streamId, mediaStream);
      this.#follow(streamId);
    });
    client.on('stream-changed', ({ stream }) => this.#follow(stream.streamId));
    client.on('player-state-changed', ({ streamId, state }) => {
      if (state === 'stopped' || state === 'failed') this.#forget(streamId);
    });
  }

  /** Plays a stream; `element` gets it. */
  async start(streamId: string, element: HTMLMediaElement | undefined): Promise<MediaStream> {
    const mediaStream = await this.#client.startPlayingStream(streamId);
    this.#streams.set(streamId, mediaStream);
    if (element !== undefined) this.#show(streamId, { mediaStream, element });
    this.#follow(streamId);
    return mediaStream;
  }

  /** Stops playing a stream; nothing happens if it is not played. */
  async stop(streamId: string): Promise<void> {
    await this.#client.stopPlayingStream(streamId);
    this.#forget(streamId);
  }

  /** The tracks of a played stream to record. Throws `WRONG_STATE` when it is not played. */
  sourceOf(streamId: string): RecordingSource {
    if (!this.#streams.has(streamId)) {
      throw clientError('WRONG_STATE', { message: 'Call startPlayingStream first', details: { streamId } });
    }
    const trackOf = (kind: 'audio' | 'video'): MediaStreamTrack | undefined => this.#trackOf(streamId, kind);
    return {
      get videoTrack() {
        return trackOf('video');
      },
      get audioTrack() {
        return trackOf('audio');
      },
      audioDelayUs: 0,
      onChange: (listener): Unsubscribe =>
        this.#changes.on('change', (changed) => {
          if (changed === streamId) listener();
        }),
    };
  }

  /** A connection has a track of each kind from the start; only those the publisher really sends have media. */
  #trackOf(streamId: string, kind: 'audio' | 'video'): MediaStreamTrack | undefined {
    const known = this.#client.streams.find((stream) => stream.streamId === streamId)?.tracks ?? [];
    if (known.length > 0 && !known.some((track) => track.kind === kind)) return undefined;
    return this.#streams
      .get(streamId)
      ?.getTracks()
      .find((track) => track.kind === kind);
  }

  #show(streamId: string, shown: Shown): void {
    try {
      shown.element.srcObject = shown.mediaStream;
      // A browser may refuse sound before the user did something; the page's own controls start it then.
      void Promise.resolve(shown.element.play()).catch(() => undefined);
    } catch (error) {
      throw invalidArgument('video', 'a media element', error);
    }
    this.#shown.set(streamId, shown);
  }

  #follow(streamId: string): void {
    if (!this.#streams.has(streamId)) return;
    this.#playback.set(streamId, this.#trackOf(streamId, 'audio'));
    this.#changes.emit('change', streamId);
  }

  #forget(streamId: string): void {
    if (!this.#streams.delete(streamId)) return;
    const shown = this.#shown.get(streamId);
    this.#shown.delete(streamId);
    if (shown?.element.srcObject === shown?.mediaStream && shown !== undefined) shown.element.srcObject = null;
    this.#playback.set(streamId, undefined);
    this.#changes.emit('change', streamId);
  }
}
