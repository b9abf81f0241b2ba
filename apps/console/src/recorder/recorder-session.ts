// One visit to the recorder page: its engine, the four channels, and everything the buttons do.

import {
  createEngine,
  type DataRecordConfig,
  type Engine,
  type MediaDevice,
  PUBLISH_CHANNELS,
  type PublishChannel,
  type RecordTarget,
} from '@roomtape/sdk';
import type { ConsoleApi } from '../console-api.ts';
import { EngineRoom } from '../engine-room.ts';
import { type Problem, problemOf } from '../problem.ts';
import { Store } from '../store.ts';
import { type Abilities, UNKNOWN_ABILITIES } from './abilities.ts';
import { askAbilities } from './ask-abilities.ts';
import { CHANNEL_NAMES } from './channel-names.ts';
import { type OpenChannelSource, openChannelSource } from './channel-source.ts';
import {
  type ChannelSource,
  type ChannelView,
  closedChannel,
  isActive,
  type StateNews,
  withProgress,
  withState,
} from './channel-view.ts';
import { Library } from './library.ts';
import { changeSettings, filePathOf, type RecordSettings, recordConfigOf } from './record-settings.ts';
import { SoundDesk } from './sound-desk.ts';
import type { DeviceChoice } from './source-bar.tsx';

/** What the page shows. */
export type RecorderView = {
  readonly selected: PublishChannel;
  readonly channels: Readonly<Record<PublishChannel, ChannelView>>;
  readonly devices: readonly MediaDevice[];
  readonly canShareScreen: boolean;
  readonly abilities: Abilities;
  readonly isInRoom: boolean;
  readonly liveChannels: ReadonlySet<PublishChannel>;
  readonly problems: readonly Problem[];
};

/** The page's own engine and what it does. */
export class RecorderSession {
  readonly store: Store<RecorderView>;
  readonly library: Library;
  readonly desk: SoundDesk;
  readonly room: EngineRoom;
  readonly #engine: Engine;
  /** Ends what a channel was given, a test picture for instance. */
  readonly #closers = new Map<PublishChannel, () => void>();
  /** Which choice of a source counts: the latest of its channel. */
  readonly #attempts = new Map<PublishChannel, number>();
  #isClosed = false;

  constructor(api: ConsoleApi) {
    const channels = Object.fromEntries(PUBLISH_CHANNELS.map((channel) => [channel, closedChannel(channel)]));
    this.store = new Store<RecorderView>({
      selected: 'main',
      channels: channels as Record<PublishChannel, ChannelView>,
      devices: [],
      canShareScreen: navigator.mediaDevices?.getDisplayMedia !== undefined,
      abilities: UNKNOWN_ABILITIES,
      isInRoom: false,
      liveChannels: new Set(),
      problems: [],
    });
    this.#engine = createEngine({ server: location.origin });
    this.library = new Library(this.#engine);
    this.desk = new SoundDesk(this.#engine);
    this.room = new EngineRoom(this.#engine, api);
    this.#listen();
  }

  /** Opens the camera for the main channel and looks at what is there. */
  async open(): Promise<void> {
    void askAbilities(this.#engine).then((abilities) => this.#update({ abilities }));
    void this.library.refresh();
    await this.chooseSource('main', 'camera');
  }

  /** Ends everything the page opened; what is being recorded is finished first. */
  close(): void {
    this.#isClosed = true;
    this.desk.close();
    void this.#engine.destroy().finally(() => {
      for (const close of this.#closers.values()) close();
    });
  }

  /** Whether a channel is being recorded or paused. */
  get isRecording(): boolean {
    return PUBLISH_CHANNELS.some((channel) => isActive(this.#view(channel)));
  }

  /** Shows another channel. */
  select(selected: PublishChannel): void {
    this.#update({ selected });
  }

  /** Changes the form of a channel. */
  change(channel: PublishChannel, change: Partial<RecordSettings>): void {
    this.#put(channel, { settings: changeSettings(this.#view(channel).settings, change) });
  }

  /** Takes the picture and sound of a channel from somewhere else; a recording goes on with it. */
  async chooseSource(channel: PublishChannel, source: ChannelSource): Promise<void> {
    const { cameraId, microphoneId } = this.#view(channel);
    const attempt = (this.#attempts.get(channel) ?? 0) + 1;
    this.#attempts.set(channel, attempt);
    const isLatest = (): boolean => this.#attempts.get(channel) === attempt && !this.#isClosed;
    this.#put(channel, { source, isOpening: source !== 'off', sourceProblem: undefined });
    try {
      const opened = await openChannelSource(this.#engine, { channel, source, cameraId, microphoneId });
      if (isLatest()) this.#take(channel, opened);
      else opened.close();
    } catch (error) {
      // What was replaced by another choice has nothing to tell.
      if (isLatest()) this.#failSource(channel, error);
    }
    this.#update({ devices: await this.#engine.enumerateDevices().catch(() => []) });
  }

  /** Chooses devices of a channel and opens them. */
  chooseDevices(channel: PublishChannel, choice: Partial<DeviceChoice>): Promise<void> {
    this.#put(channel, choice);
    return this.chooseSource(channel, 'camera');
  }

  /** Starts the recording of a channel. */
  async start(channel: PublishChannel): Promise<void> {
    await this.#act(channel, async () => {
      const { settings } = this.#view(channel);
      const target = await pickTarget(settings);
      if (target === undefined) return;
      this.#put(channel, { finishedName: undefined });
      await this.#engine.startRecordingCapturedData(recordConfigOf(settings, target), channel);
    });
  }

  /** Leaves out what comes from now on. */
  pause(channel: PublishChannel): Promise<void> {
    return this.#act(channel, async () => this.#engine.pauseRecordingCapturedData(channel));
  }

  /** Goes on in the same file. */
  resume(channel: PublishChannel): Promise<void> {
    return this.#act(channel, async () => this.#engine.resumeRecordingCapturedData(channel));
  }

  /** Ends the recording of a channel; its file appears in the list. */
  async stop(channel: PublishChannel): Promise<void> {
    await this.#act(channel, async () => {
      const file = await this.#engine.stopRecordingCapturedData(channel);
      this.#put(channel, { finishedName: file.name });
    });
    await this.library.refresh();
  }

  /** Starts every channel that has a source. */
  async startAll(): Promise<void> {
    const open = PUBLISH_CHANNELS.filter((channel) => this.#view(channel).mediaStream !== undefined);
    await Promise.all(open.map((channel) => this.start(channel)));
  }

  /** Ends every recording. */
  async stopAll(): Promise<void> {
    const running = PUBLISH_CHANNELS.filter((channel) => isActive(this.#view(channel)));
    await Promise.all(running.map((channel) => this.stop(channel)));
  }

  /** Sends a channel into the room, or stops that; its recording does not notice. */
  async setLive(channel: PublishChannel, isLive: boolean): Promise<void> {
    this.dismiss(`live-${channel}`);
    this.#setLiveMark(channel, isLive);
    try {
      if (isLive) await this.#engine.startPublishingStream(this.#streamIdOf(channel), { channel });
      else await this.#engine.stopPublishingStream(channel);
    } catch (error) {
      this.#setLiveMark(channel, false);
      this.#report(`live-${channel}`, channel, error);
    }
  }

  /** Takes a problem off the page. */
  dismiss(key: string): void {
    this.#update({ problems: this.store.value.problems.filter((problem) => problem.key !== key) });
  }

  #listen(): void {
    this.#engine.setDataRecordEventHandler({
      onCapturedDataRecordStateUpdate: (news, channel) => this.#followState(channel, news),
      onCapturedDataRecordProgressUpdate: (progress, _config, channel) =>
        this.#replace(withProgress(this.#view(channel), progress, performance.now())),
    });
    this.#engine.on('devices-changed', ({ devices }) => this.#update({ devices }));
    this.#engine.on('capture-ended', ({ channel, error }) => this.#report(`ended-${channel}`, channel, error));
    this.#engine.on('publisher-state-changed', ({ streamId, state, error }) => {
      const channel = PUBLISH_CHANNELS.find((name) => this.#streamIdOf(name) === streamId);
      if (channel === undefined || (state !== 'failed' && state !== 'stopped')) return;
      this.#setLiveMark(channel, false);
      if (error !== undefined) this.#report(`live-${channel}`, channel, error);
    });
    this.#engine.on('room-state-changed', ({ state }) => {
      const isInRoom = state === 'connected' || state === 'reconnecting';
      this.#update(isInRoom ? { isInRoom } : { isInRoom, liveChannels: new Set() });
    });
  }

  #followState(channel: PublishChannel, news: StateNews & { config: DataRecordConfig }): void {
    this.#replace(withState(this.#view(channel), news, performance.now()));
    if (isActive(this.#view(channel))) return;
    // A finished recording may lack something too: it could not be handed over, for instance.
    if (news.error !== undefined) this.#report(`record-${channel}`, channel, news.error);
    void this.library.refresh();
  }

  async #act(channel: PublishChannel, action: () => Promise<void>): Promise<void> {
    this.dismiss(`record-${channel}`);
    this.#put(channel, { isBusy: true });
    try {
      await action();
    } catch (error) {
      this.#report(`record-${channel}`, channel, error);
    }
    this.#put(channel, { isBusy: false });
  }

  #take(channel: PublishChannel, { mediaStream, close }: OpenChannelSource): void {
    this.#closers.get(channel)?.();
    this.#closers.set(channel, close);
    this.#put(channel, { mediaStream, isOpening: false });
  }

  #failSource(channel: PublishChannel, error: unknown): void {
    const problem = problemOf(`source-${channel}`, error);
    this.#put(channel, { isOpening: false, mediaStream: undefined, source: 'off', sourceProblem: problem });
  }

  #report(key: string, channel: PublishChannel, error: unknown): void {
    const problem = problemOf(key, error);
    const named = { ...problem, message: `${CHANNEL_NAMES[channel]} channel: ${problem.message}` };
    this.#update({ problems: [...this.store.value.problems.filter((each) => each.key !== key), named] });
  }

  #streamIdOf(channel: PublishChannel): string {
    return `${this.room.userId}-${channel}`;
  }

  #setLiveMark(channel: PublishChannel, isLive: boolean): void {
    const liveChannels = new Set(this.store.value.liveChannels);
    if (isLive) liveChannels.add(channel);
    else liveChannels.delete(channel);
    this.#update({ liveChannels });
  }

  #view(channel: PublishChannel): ChannelView {
    return this.store.value.channels[channel];
  }

  #put(channel: PublishChannel, change: Partial<ChannelView>): void {
    this.#replace({ ...this.#view(channel), ...change });
  }

  #replace(view: ChannelView): void {
    this.#update({ channels: { ...this.store.value.channels, [view.channel]: view } });
  }

  #update(change: Partial<RecorderView>): void {
    if (!this.#isClosed) this.store.update(change);
  }
}

/** The target in the SDK's words; `undefined` when the person closed the file dialogue. */
async function pickTarget(settings: RecordSettings): Promise<RecordTarget | undefined> {
  if (settings.target !== 'file-handle') return { kind: settings.target };
  const suggestedName = filePathOf(settings).split('/').at(-1) ?? '';
  try {
    const picker = window as unknown as FilePicker;
    return { kind: 'file-handle', handle: await picker.showSaveFilePicker({ suggestedName }) };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** Not in the standard DOM types: Chromium only. */
type FilePicker = { showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle> };
