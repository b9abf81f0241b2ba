// What an engine does with sound besides publishing it: observers, recordings of raw sound, players, effects, mixing.
// Taps and worklets are loaded when they are first used.

import type { AlignedAux } from '../audio/aligned-aux.ts';
import type { AudioDataFormat, AudioDataHandler, AudioDataSources } from '../audio/audio-data.ts';
import type { AudioDataObserver, AudioTapPorts } from '../audio/audio-data-observer.ts';
import { AudioEffectPlayer } from '../audio/audio-effect-player.ts';
import type { AudioGraph } from '../audio/audio-graph.ts';
import type { AudioMixing, AudioMixingOptions } from '../audio/audio-mixing.ts';
import type { AudioRecording, AudioRecordingConfig, AudioRecordingOptions } from '../audio/audio-recording.ts';
import { type AudioOutputPorts, MediaPlayer, type MediaPlayerOptions } from '../audio/media-player.ts';
import type { PlaybackTracks } from '../audio/playback-tracks.ts';
import { clientError } from '../errors.ts';
import type { CaptureDesk } from './capture-desk.ts';
import { notLoaded } from './recording-desk.ts';

/** What a desk works with. */
export type AudioDeskOptions = {
  readonly graph: AudioGraph;
  readonly captures: CaptureDesk;
  readonly playback: PlaybackTracks;
};

/** Whom a recording of raw sound tells. */
export type AudioRecordingEvents = Pick<AudioRecordingOptions, 'onState' | 'onProgress'>;

/** Players an engine keeps at most: each holds an element or buffers. */
const PLAYERS_MAX = 64;

/** Keeps everything of one engine that makes or taps sound. */
export class AudioDesk {
  readonly #options: AudioDeskOptions;
  readonly #players = new Set<{ close(): void }>();
  readonly #mixings = new Set<AudioMixing>();
  readonly #recordings = new Set<AudioRecording>();
  #handler: AudioDataHandler = {};
  #observer: AudioDataObserver | undefined;
  /** Which start of the observer counts: a later start or stop makes an earlier one void. */
  #attempt = 0;
  #alignedAux: AlignedAux | undefined;
  #alignedAttempt = 0;

  constructor(options: AudioDeskOptions) {
    this.#options = options;
  }

  /** Whom the observer tells from now on. */
  set handler(handler: AudioDataHandler) {
    this.#handler = handler;
  }

  /** Starts the observer in place of the one that runs. */
  async startObserver(sources: AudioDataSources, format: AudioDataFormat): Promise<void> {
    const attempt = ++this.#attempt;
    const { startAudioDataObserver } = await import('../audio/audio-data-observer.ts').catch(notLoaded);
    const handler = this.#relay();
    const observer = await startAudioDataObserver(this.#ports(), { sources, format, handler });
    if (attempt !== this.#attempt) {
      observer.stop();
      throw clientError('CANCELLED');
    }
    this.#observer?.stop();
    this.#observer = observer;
  }

  /** Ends the observer; nothing happens if there is none. */
  stopObserver(): void {
    this.#attempt += 1;
    this.#observer?.stop();
    this.#observer = undefined;
  }

  /** Starts giving voice and accompaniment apart, in place of what was given so. */
  async startAlignedAux(format: AudioDataFormat): Promise<void> {
    const attempt = ++this.#alignedAttempt;
    const { AlignedAux: alignedAuxClass } = await import('../audio/aligned-aux.ts').catch(notLoaded);
    const { graph, mixer } = this.#ports();
    const relay = this.#relay();
    const handler = {
      ...relay,
      // An observer that runs tells it already.
      onAudioDataStateUpdate: (state: 'running' | 'suspended') => {
        if (this.#observer === undefined) relay.onAudioDataStateUpdate?.(state);
      },
    };
    const alignedAux = await alignedAuxClass.start({ graph, mixer, format, handler });
    if (attempt !== this.#alignedAttempt) {
      alignedAux.stop();
      throw clientError('CANCELLED');
    }
    this.#alignedAux?.stop();
    this.#alignedAux = alignedAux;
  }

  /** Ends it; nothing happens if it does not run. */
  stopAlignedAux(): void {
    this.#alignedAttempt += 1;
    this.#alignedAux?.stop();
    this.#alignedAux = undefined;
  }

  /** Starts a recording of raw sound. */
  async startRecording(config: AudioRecordingConfig, events: AudioRecordingEvents): Promise<AudioRecording> {
    const { startAudioRecording } = await import('../audio/audio-recording.ts').catch(notLoaded);
    const recording = await startAudioRecording({ ports: this.#ports(), config, ...events });
    this.#recordings.add(recording);
    return {
      stop: () => {
        this.#recordings.delete(recording);
        return recording.stop();
      },
    };
  }

  /** Makes a player. */
  createMediaPlayer(options: MediaPlayerOptions): MediaPlayer {
    this.#assertRoom();
    const player = new MediaPlayer(this.#outputs(), options);
    this.#players.add(player);
    return player;
  }

  /** Makes a player of effects. */
  createAudioEffectPlayer(): AudioEffectPlayer {
    this.#assertRoom();
    const player = new AudioEffectPlayer(this.#outputs());
    this.#players.add(player);
    return player;
  }

  /** Ends a player. */
  destroyPlayer(player: { close(): void }): void {
    if (!this.#players.delete(player)) throw clientError('WRONG_STATE', { message: 'Not a player of this engine' });
    player.close();
  }

  /** Starts mixing PCM of the application's own making. */
  async startMixing(options: AudioMixingOptions): Promise<AudioMixing> {
    const { AudioMixing: mixingClass } = await import('../audio/audio-mixing.ts').catch(notLoaded);
    const mixing = await mixingClass.start(this.#outputs(), options);
    this.#mixings.add(mixing);
    return mixing;
  }

  /** Ends mixing that `startMixing` began; idempotent. */
  stopMixing(mixing: AudioMixing): void {
    if (this.#mixings.delete(mixing)) mixing.stop();
  }

  /** Ends all recordings of raw sound; their files stay in the storage. Never rejects. */
  async endRecordings(): Promise<void> {
    const recordings = [...this.#recordings];
    this.#recordings.clear();
    await Promise.all(recordings.map((recording) => recording.stop().catch(() => undefined)));
  }

  /** Ends everything but recordings. */
  destroy(): void {
    this.stopObserver();
    this.stopAlignedAux();
    for (const mixing of this.#mixings) mixing.stop();
    for (const player of this.#players) player.close();
    this.#mixings.clear();
    this.#players.clear();
  }

  #assertRoom(): void {
    if (this.#players.size < PLAYERS_MAX) return;
    throw clientError('WRONG_STATE', { message: `An engine has at most ${PLAYERS_MAX} players; destroy one first` });
  }

  /** Calls the handler that is set when a frame comes, so that it can be changed while the observer runs. */
  #relay(): AudioDataHandler {
    return {
      onCapturedAudioData: (frame) => this.#handler.onCapturedAudioData?.(frame),
      onPlaybackAudioData: (frame) => this.#handler.onPlaybackAudioData?.(frame),
      onMixedAudioData: (frame) => this.#handler.onMixedAudioData?.(frame),
      onPlayerAudioData: (frame, streamId) => this.#handler.onPlayerAudioData?.(frame, streamId),
      onBeforeProcessingAudioData: (frame) => this.#handler.onBeforeProcessingAudioData?.(frame),
      onAlignedAudioAuxData: (aux, voice) => this.#handler.onAlignedAudioAuxData?.(aux, voice),
      onAudioDataStateUpdate: (state) => this.#handler.onAudioDataStateUpdate?.(state),
    };
  }

  #ports(): AudioTapPorts {
    const { graph, captures, playback } = this.#options;
    return {
      graph,
      mixer: captures.of('main').mixer,
      playback,
      openUnprocessed: () => captures.openUnprocessed('main'),
    };
  }

  #outputs(): AudioOutputPorts {
    const { graph, captures } = this.#options;
    return { graph, mixerOf: (channel) => captures.of(channel).mixer };
  }
}
