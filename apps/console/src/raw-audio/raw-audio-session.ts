// One visit to the raw-audio page: its engine, the taps, what they count, and their recordings.

import {
  type AudioDataFormat,
  type AudioDataFrame,
  type AudioRecording,
  type AudioRecordingProgress,
  createEngine,
  type Engine,
  type MediaDevice,
} from '@roomtape/sdk';
import type { ConsoleApi } from '../console-api.ts';
import { EngineRoom } from '../engine-room.ts';
import { notePcm } from '../playback/pcm-notes.ts';
import { type Problem, problemOf } from '../problem.ts';
import { openChannelSource } from '../recorder/channel-source.ts';
import type { ChannelSource } from '../recorder/channel-view.ts';
import { Library } from '../recorder/library.ts';
import { Store } from '../store.ts';
import { TapMeter } from './tap-meter.ts';
import { playerTap, streamOf, type TapKey } from './tap-names.ts';

/** What the taps deliver. */
export type TapFormat = Required<AudioDataFormat>;

/** A recording of one tap. */
export type TapRecording = { readonly filePath: string; readonly progress: AudioRecordingProgress | undefined };

/** What the page shows; the meters count by themselves. */
export type RawAudioView = {
  readonly source: ChannelSource;
  readonly microphoneId: string;
  readonly devices: readonly MediaDevice[];
  readonly isOpening: boolean;
  readonly wanted: Readonly<Record<'captured' | 'before' | 'playback' | 'mixed' | 'player', boolean>>;
  readonly format: TapFormat;
  readonly isRunning: boolean;
  /** The browser stopped all sound until the person clicks. */
  readonly isSuspended: boolean;
  readonly isBusy: boolean;
  /** Streams that are played here. */
  readonly played: readonly string[];
  readonly meters: ReadonlyMap<TapKey, TapMeter>;
  readonly recordings: ReadonlyMap<TapKey, TapRecording>;
  readonly problems: readonly Problem[];
};

const FIRST: RawAudioView = {
  source: 'off',
  microphoneId: '',
  devices: [],
  isOpening: false,
  wanted: { captured: true, before: false, playback: true, mixed: true, player: true },
  format: { sampleRate: 48_000, channels: 1, format: 'int16', frameMs: 20 },
  isRunning: false,
  isSuspended: false,
  isBusy: false,
  played: [],
  meters: new Map(),
  recordings: new Map(),
  problems: [],
};

/** The page's own engine and what it does. */
export class RawAudioSession {
  readonly store = new Store<RawAudioView>(FIRST);
  readonly library: Library;
  readonly room: EngineRoom;
  readonly #engine: Engine;
  readonly #running = new Map<TapKey, AudioRecording>();
  readonly #players = new Map<string, HTMLAudioElement>();
  #closeSource: () => void = () => undefined;
  #isClosed = false;

  constructor(api: ConsoleApi) {
    this.#engine = createEngine({ server: location.origin });
    this.library = new Library(this.#engine, ['wav', 'pcm']);
    this.room = new EngineRoom(this.#engine, api);
    this.#engine.setAudioDataHandler({
      onCapturedAudioData: (frame) => this.#count('captured', frame),
      onPlaybackAudioData: (frame) => this.#count('playback', frame),
      onMixedAudioData: (frame) => this.#count('mixed', frame),
      onBeforeProcessingAudioData: (frame) => this.#count('before', frame),
      onPlayerAudioData: (frame, streamId) => this.#count(playerTap(streamId), frame),
      onAudioDataStateUpdate: (state) => this.#update({ isSuspended: state === 'suspended' }),
    });
    this.#engine.on('player-state-changed', ({ streamId, state, error }) => {
      if (state !== 'failed') return;
      this.#forgetStream(streamId);
      if (error !== undefined) this.#report('play', error);
    });
    this.#engine.on('stream-removed', ({ stream }) => this.#forgetStream(stream.streamId));
    this.#engine.on('room-state-changed', ({ state }) => {
      if (state === 'disconnected') for (const streamId of this.store.value.played) this.#forgetStream(streamId);
    });
  }

  /** Looks at what is in the storage and which microphones there are. */
  async open(): Promise<void> {
    void this.library.refresh();
    this.#update({ devices: await this.#engine.enumerateDevices().catch(() => []) });
  }

  /** Ends everything the page opened. */
  close(): void {
    this.#isClosed = true;
    void this.#engine.destroy().finally(() => this.#closeSource());
  }

  /** Takes the captured sound from somewhere else. */
  chooseSource(source: ChannelSource, microphoneId = this.store.value.microphoneId): Promise<void> {
    return this.#try('source', async () => {
      this.#update({ source, microphoneId, isOpening: source !== 'off' });
      const wish = { channel: 'main', source, cameraId: '', microphoneId, isSoundOnly: true } as const;
      const { close } = await openChannelSource(this.#engine, wish).catch((error) => {
        this.#update({ source: 'off', isOpening: false });
        throw error;
      });
      this.#closeSource();
      this.#closeSource = close;
      this.#update({ isOpening: false, devices: await this.#engine.enumerateDevices().catch(() => []) });
    });
  }

  /** Switches a tap on or off. */
  want(tap: keyof RawAudioView['wanted'], isWanted: boolean): Promise<void> {
    this.#update({ wanted: { ...this.store.value.wanted, [tap]: isWanted } });
    return this.#again();
  }

  /** Changes what the taps deliver. */
  changeFormat(change: Partial<TapFormat>): Promise<void> {
    this.#update({ format: { ...this.store.value.format, ...change } });
    return this.#again();
  }

  /** Starts all wanted taps; opens the microphone if nothing is captured yet. */
  start(): Promise<void> {
    return this.#try('taps', async () => {
      if (this.store.value.source === 'off') await this.chooseSource('camera');
      const { wanted, format } = this.store.value;
      const { before, ...sources } = wanted;
      this.#update({ meters: new Map() });
      await this.#engine.startAudioDataObserver({ ...sources, beforeProcessing: before }, format);
      this.#update({ isRunning: true });
    });
  }

  /** Ends the taps; what they counted stays to be read. */
  stop(): Promise<void> {
    return this.#try('taps', async () => {
      await this.#engine.stopAudioDataObserver();
      this.#update({ isRunning: false });
    });
  }

  /** Plays a stream of the room here, or stops that. */
  setPlayed(streamId: string, isPlayed: boolean): Promise<void> {
    return this.#try('play', async () => {
      if (!isPlayed) {
        // At once, so that the switch does not jump back until the server has answered; frames still come until then.
        this.#update({ played: this.store.value.played.filter((each) => each !== streamId) });
        await this.#engine.stopPlayingStream(streamId);
        this.#forgetStream(streamId);
        return;
      }
      const element = new Audio();
      this.#players.set(streamId, element);
      this.#update({ played: [...this.store.value.played, streamId] });
      await this.#engine.startPlayingStream(streamId, { video: element }).catch((error) => {
        this.#forgetStream(streamId);
        throw error;
      });
    });
  }

  /** Records a tap to a file, or ends that. */
  async setRecording(key: TapKey, filePath: string | undefined): Promise<void> {
    await this.#try(`record-${key}`, async () => {
      if (filePath === undefined) await this.#stopRecording(key);
      else await this.#startRecording(key, filePath);
    });
  }

  /** Takes a problem off the page. */
  dismiss(key: string): void {
    this.#update({ problems: this.store.value.problems.filter((problem) => problem.key !== key) });
  }

  async #startRecording(key: TapKey, filePath: string): Promise<void> {
    const { sampleRate, channels } = this.store.value.format;
    const streamId = streamOf(key);
    const source = streamId === undefined ? (key as 'captured' | 'playback' | 'mixed') : { streamId };
    const recording = await this.#engine.startAudioRecording(
      { source, filePath, sampleRate, channels, ifExists: 'rename', progressIntervalMs: 250 },
      {
        onState: (state, error) => {
          if (error !== undefined) this.#report(`record-${key}`, error);
          if (state !== 'recording') this.#setRecordingMark(key, undefined);
        },
        onProgress: (progress) => this.#setRecordingMark(key, { filePath, progress }),
      },
    );
    this.#running.set(key, recording);
    this.#setRecordingMark(key, { filePath, progress: undefined });
  }

  async #stopRecording(key: TapKey): Promise<void> {
    const recording = this.#running.get(key);
    this.#running.delete(key);
    const { sampleRate, channels } = this.store.value.format;
    const file = await recording?.stop();
    if (file !== undefined) notePcm(file.name, { sampleRate, channels });
    this.#setRecordingMark(key, undefined);
    await this.library.refresh();
  }

  /** Frames come 50 times a second and more: only a tap's first one is news for the page. */
  #count(key: TapKey, frame: AudioDataFrame): void {
    let meter = this.store.value.meters.get(key);
    if (meter === undefined) {
      meter = new TapMeter();
      this.#update({ meters: new Map(this.store.value.meters).set(key, meter) });
    }
    meter.push(frame, performance.now());
  }

  async #again(): Promise<void> {
    if (!this.store.value.isRunning) return;
    await this.stop();
    await this.start();
  }

  #forgetStream(streamId: string): void {
    this.#players.delete(streamId);
    const meters = new Map(this.store.value.meters);
    meters.delete(playerTap(streamId));
    this.#update({ played: this.store.value.played.filter((each) => each !== streamId), meters });
  }

  #setRecordingMark(key: TapKey, mark: TapRecording | undefined): void {
    const recordings = new Map(this.store.value.recordings);
    if (mark === undefined) recordings.delete(key);
    else recordings.set(key, mark);
    this.#update({ recordings });
  }

  async #try(key: string, action: () => Promise<void>): Promise<void> {
    this.dismiss(key);
    this.#update({ isBusy: true });
    try {
      await action();
    } catch (error) {
      this.#report(key, error);
    }
    this.#update({ isBusy: false });
  }

  #report(key: string, error: unknown): void {
    const others = this.store.value.problems.filter((problem) => problem.key !== key);
    this.#update({ problems: [...others, problemOf(key, error)] });
  }

  #update(change: Partial<RawAudioView>): void {
    if (!this.#isClosed) this.store.update(change);
  }
}
