// A player of media files, local and remote, with a picture, whose sound can be mixed into a published stream. What is
// heard here and what is published have volumes of their own; only what is mixed in is in the channel's recording.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import { functionOf, invalidArgument, readBoolean } from '../engine/argument-reader.ts';
import { clientError, type RoomtapeClientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { AudioGraph } from './audio-graph.ts';
import { gainOfVolume, glideTo } from './audio-volume.ts';
import type { ChannelMixer, MixerInput } from './channel-mixer.ts';
import { readMediaSource, whyNotPlayed } from './media-fetch.ts';

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
  readonly #progressIntervalMs: number;
  readonly #listening = new AbortController();
  #state: MediaPlayerState = 'no-play';
  #sound: PlayerSound | undefined;
  #aux: { readonly channel: PublishChannel; readonly input: MixerInput } | undefined;
  #playVolume = 100;
  #publishVolume = 100;
  #source: string | Blob | undefined;
  #isLoaded = false;
  /** Ends the load that is under way, as cancelled. */
  #cancelLoad: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ports: AudioOutputPorts, options: MediaPlayerOptions = {}) {
    const { view, progressIntervalMs = 1000 } = options;
    if (!(progressIntervalMs >= 100 && progressIntervalMs <= 10_000)) {
      throw clientError('INVALID_ARGUMENT', { details: { progressIntervalMs } });
    }
    this.#ports = ports;
    this.#progressIntervalMs = progressIntervalMs;
    this.element = view ?? document.createElement('video');
    this.element.playsInline = true;
    const listen = (name: string, act: () => void): void =>
      this.element.addEventListener(name, act, { signal: this.#listening.signal });
    // From the element, so that its own controls, if shown, are understood too.
    listen('playing', () => this.#become('playing'));
    listen('pause', () => {
      if (this.#state === 'playing' && !this.element.ended) this.#become('paused');
    });
    listen('ended', () => this.#become('play-ended'));
    listen('error', () => void this.#fail());
  }

  /** What it is doing now. */
  get state(): MediaPlayerState {
    return this.#state;
  }

  /** Length of the file, ms; 0 while none is loaded or its length is not known. */
  get durationMs(): number {
    const { duration } = this.element;
    return this.#isLoaded && Number.isFinite(duration) ? duration * 1000 : 0;
  }

  /** Where it is in the file, ms. */
  get positionMs(): number {
    return this.#isLoaded ? this.element.currentTime * 1000 : 0;
  }

  /** Subscribes to an event. */
  on<Name extends keyof MediaPlayerEvents>(
    name: Name,
    listener: (event: MediaPlayerEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, functionOf<typeof listener>(this)(listener, 'listener'));
  }

  /**
   * Loads a file; resolves when its length and size are known. It replaces what was loaded; a load still under way is
   * rejected with `CANCELLED`. Rejects with `MEDIA_NOT_FOUND`, `MEDIA_CROSS_ORIGIN`, `MEDIA_NOT_PLAYABLE`.
   */
  async load(source: string | Blob): Promise<void> {
    this.#assertOpen();
    readMediaSource(source);
    this.#cancelLoad?.();
    this.#unload();
    this.#sound ??= new PlayerSound(this.#ports.graph, this.element, this.#playVolume);
    this.#source = source;
    // Without it the sound of another site would be silence in the graph; with it, such a site is an error that is told.
    if (typeof source === 'string') this.element.crossOrigin = 'anonymous';
    const settled = this.#whenLoaded();
    this.element.src = typeof source === 'string' ? source : URL.createObjectURL(source);
    this.element.load();
    const failure = await settled;
    if (failure === 'cancelled') throw clientError('CANCELLED');
    if (failure === 'refused') throw await whyNotPlayed(source, this.element.error?.code);
    this.#isLoaded = true;
  }

  /**
   * Plays: from the beginning, from where it was sought, or on after a pause. Rejects with `WRONG_STATE` if nothing is
   * loaded, `AUDIO_SUSPENDED` if the browser wants a click of the user first, `MEDIA_NOT_PLAYABLE`.
   */
  async start(): Promise<void> {
    this.#assertLoaded();
    await this.#ports.graph.resume();
    this.#assertLoaded();
    const { element } = this;
    const source = this.#source;
    await element.play().catch(async (cause: unknown) => {
      const name = cause instanceof DOMException ? cause.name : '';
      if (name === 'NotAllowedError') throw clientError('AUDIO_SUSPENDED', { cause });
      // Stopped, or another file was loaded, before it began.
      if (name === 'AbortError' || this.#source !== source) throw clientError('CANCELLED', { cause });
      throw clientError('MEDIA_NOT_PLAYABLE', { cause });
    });
    this.#become('playing');
  }

  /** Halts; `resume` goes on from here. */
  pause(): void {
    if (this.#state !== 'playing') return;
    this.element.pause();
    this.#become('paused');
  }

  /** Goes on after `pause`; rejects as `start` does. */
  async resume(): Promise<void> {
    if (this.#state === 'paused') await this.start();
  }

  /** Ends playing and goes back to the beginning; the file stays loaded. */
  stop(): void {
    this.#become('no-play');
    this.element.pause();
    if (this.#isLoaded) this.element.currentTime = 0;
  }

  /** Moves to a position, at most the end; resolves when it is reached. Rejects with `WRONG_STATE`, `INVALID_ARGUMENT`. */
  async seekTo(positionMs: number): Promise<void> {
    this.#assertLoaded();
    if (!Number.isFinite(positionMs) || positionMs < 0) throw invalidArgument('positionMs', 'a number from 0');
    const { element } = this;
    const ends = new AbortController();
    const reached = new Promise<void>((resolve) => {
      for (const name of ['seeked', 'error', 'emptied']) {
        element.addEventListener(name, () => resolve(), { signal: ends.signal });
      }
    });
    element.currentTime = Math.min(positionMs / 1000, Number.isNaN(element.duration) ? 0 : element.duration);
    await reached;
    ends.abort();
    if (!this.#isLoaded) throw clientError('CANCELLED');
    this.#tellProgress();
  }

  /** Both volumes at once, 0 to 200. Throws `INVALID_ARGUMENT`. */
  setVolume(volume: number): void {
    this.setPlayVolume(volume);
    this.setPublishVolume(volume);
  }

  /** What is heard here, 0 to 200; 0: nothing is heard, what is published stays as it is. */
  setPlayVolume(volume: number): void {
    const factor = gainOfVolume(volume);
    this.#playVolume = volume;
    if (this.#sound !== undefined) glideTo(this.#sound.speaker, factor);
  }

  /** What goes into the published stream and its recording while `enableAux` is on, 0 to 200. */
  setPublishVolume(volume: number): void {
    gainOfVolume(volume);
    this.#publishVolume = volume;
    this.#aux?.input.setVolume(volume);
  }

  /** Whether it begins again when it ends; `play-ended` is then not told. */
  enableRepeat(isEnabled: boolean): void {
    this.element.loop = readBoolean(isEnabled, 'isEnabled');
  }

  /** Mixes the sound into the published stream of a channel, and so into its recording. Off by default. */
  enableAux(isEnabled: boolean, channel: PublishChannel = 'main'): void {
    this.#assertOpen();
    readBoolean(isEnabled, 'isEnabled');
    if (isEnabled && this.#aux?.channel === channel) return;
    this.#aux?.input.remove();
    this.#aux = undefined;
    if (!isEnabled) return;
    this.#sound ??= new PlayerSound(this.#ports.graph, this.element, this.#playVolume);
    const input = this.#ports.mixerOf(channel).addInput(this.#sound.node, this.#publishVolume);
    this.#aux = { channel, input };
  }

  /** Stops and frees everything; the player cannot be used any more. Idempotent. */
  close(): void {
    if (this.#listening.signal.aborted) return;
    this.#cancelLoad?.();
    this.#become('no-play');
    this.#listening.abort();
    this.#aux?.input.remove();
    this.#aux = undefined;
    this.#unload();
    this.element.removeAttribute('src');
    this.element.load();
    this.#sound?.close();
  }

  #whenLoaded(): Promise<'loaded' | 'refused' | 'cancelled'> {
    return new Promise((resolve) => {
      const ends = new AbortController();
      const settle = (outcome: 'loaded' | 'refused' | 'cancelled'): void => {
        ends.abort();
        this.#cancelLoad = undefined;
        resolve(outcome);
      };
      this.#cancelLoad = () => settle('cancelled');
      this.element.addEventListener('loadedmetadata', () => settle('loaded'), { signal: ends.signal });
      this.element.addEventListener('error', () => settle('refused'), { signal: ends.signal });
    });
  }

  #unload(): void {
    this.#become('no-play');
    this.element.pause();
    if (this.element.src.startsWith('blob:')) URL.revokeObjectURL(this.element.src);
    this.#isLoaded = false;
    this.#source = undefined;
  }

  async #fail(): Promise<void> {
    const source = this.#source;
    if (!this.#isLoaded || source === undefined) return;
    this.#isLoaded = false;
    const error = await whyNotPlayed(source, this.element.error?.code);
    if (this.#source === source) this.#become('no-play', error);
  }

  #become(state: MediaPlayerState, error?: RoomtapeClientError): void {
    if (this.#listening.signal.aborted || (this.#state === state && error === undefined)) return;
    this.#state = state;
    clearInterval(this.#timer);
    if (state === 'playing') this.#timer = setInterval(() => this.#tellProgress(), this.#progressIntervalMs);
    this.#events.emit('state', { state, error });
  }

  #tellProgress(): void {
    this.#events.emit('progress', { positionMs: this.positionMs, durationMs: this.durationMs });
  }

  #assertOpen(): void {
    if (this.#listening.signal.aborted) throw clientError('WRONG_STATE', { message: 'The player was closed' });
  }

  #assertLoaded(): void {
    this.#assertOpen();
    if (!this.#isLoaded) throw clientError('WRONG_STATE', { message: 'Load a file first' });
  }
}

/** A media element gives its sound to one node, for ever: players that use an element after another share it. */
const nodesOfElements = new WeakMap<HTMLMediaElement, MediaElementAudioSourceNode>();

class PlayerSound {
  readonly node: AudioNode;
  readonly speaker: GainNode;

  constructor(graph: AudioGraph, element: HTMLMediaElement, volume: number) {
    const { context } = graph;
    const known = nodesOfElements.get(element);
    if (known !== undefined && known.context !== context) {
      throw clientError('WRONG_STATE', { message: 'The element belongs to a player of another engine' });
    }
    const node = known ?? context.createMediaElementSource(element);
    nodesOfElements.set(element, node);
    this.node = node;
    this.speaker = new GainNode(context, { gain: gainOfVolume(volume) });
    node.connect(this.speaker).connect(context.destination);
  }

  close(): void {
    this.node.disconnect();
    this.speaker.disconnect();
  }
}
