// Observers of raw audio: which sound they tap, from which nodes, and how long.

import { clientError } from '../errors.ts';
import type { AudioDataFormat, AudioDataHandler, AudioDataSources } from './audio-data.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { ChannelMixer } from './channel-mixer.ts';
import type { PlaybackTracks } from './playback-tracks.ts';

/** Where an engine's sound is. */
export type AudioTapPorts = {
  readonly graph: AudioGraph;
  readonly mixer: ChannelMixer;
  readonly playback: PlaybackTracks;
  /** Opens the microphone again with all processing off; needed by `beforeProcessing`. The observer stops the track. */
  openUnprocessed?(): Promise<MediaStreamTrack>;
};

/** What an observer is to deliver, how and to whom. */
export type AudioObserverRequest = {
  readonly sources: AudioDataSources;
  readonly format?: AudioDataFormat;
  readonly handler: AudioDataHandler;
};

/** A running observer. */
export type AudioDataObserver = {
  /** No callback comes after this returned; idempotent. */
  stop(): void;
};

/** Starts an observer; several may run at once. Rejects with `INVALID_ARGUMENT`, `NOT_SUPPORTED` or `DEVICE_…`. */
export async function startAudioDataObserver(
  ports: AudioTapPorts,
  request: AudioObserverRequest,
): Promise<AudioDataObserver> {
  throw clientError('NOT_SUPPORTED', { details: { state: ports.graph.state, sources: request.sources } });
}
