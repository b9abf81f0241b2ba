// One visit to a room: the client, one's own streams, the others' MediaStreams, and the problems on the way. Plain
// TypeScript, so that the components only draw.

import type { Participant, Stream } from '@roomtape/api';
import {
  createRoomtape,
  type LocalStream,
  type RoomState,
  type RoomtapeClient,
  type StreamQuality,
  type VideoCodecName,
} from '@roomtape/sdk';
import type { ConsoleApi } from './console-api.ts';
import { type Problem, problemOf } from './problem.ts';
import { Store } from './store.ts';

/** What the visitor chose in the lobby. `stream` and its end belong to the session from now on. */
export type Visit = {
  readonly roomId: string;
  readonly userId: string;
  readonly userName: string;
  readonly codec: VideoCodecName | undefined;
  readonly simulcast: boolean;
  readonly stream: LocalStream | undefined;
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
  closeStream(): void;
};

/** The room as the page shows it. */
export type RoomView = {
  readonly state: RoomState;
  readonly participants: readonly Participant[];
  readonly streams: readonly Stream[];
  readonly media: ReadonlyMap<string, MediaStream>;
  readonly quality: ReadonlyMap<string, StreamQuality>;
  /** Streams that are trying to come back. */
  readonly troubled: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
  readonly isSharing: boolean;
  /** Rises whenever a recording of the room changed. */
  readonly recordingChanges: number;
};

const EMPTY: Omit<RoomView, 'isMicrophoneOn' | 'isCameraOn'> = {
  state: 'connecting',
  participants: [],
  streams: [],
  media: new Map(),
  quality: new Map(),
  troubled: new Set(),
  problems: [],
  isSharing: false,
  recordingChanges: 0,
};

/** One visit to one room. */
export class RoomSession {
  readonly visit: Visit;
  readonly store: Store<RoomView>;
  readonly #api: ConsoleApi;
  readonly #client: RoomtapeClient;
  #screen: LocalStream | undefined;
  #closed: Promise<void> | undefined;

  constructor(visit: Visit, api: ConsoleApi) {
    this.visit = visit;
    this.#api = api;
    this.#client = createRoomtape({ server: location.origin });
    this.store = new Store({ ...EMPTY, isMicrophoneOn: visit.isMicrophoneOn, isCameraOn: visit.isCameraOn });
    this.#listen();
  }

  /** Stream id of one's camera; the same after a reload, so that its recording goes on. */
  get cameraId(): string {
    return `${this.visit.userId}-camera`;
  }

  /** Stream id of one's screen. */
  get screenId(): string {
    return `${this.visit.userId}-screen`;
  }

  /** Stream ids of one's own. */
  get mine(): ReadonlySet<string> {
    return new Set([this.cameraId, this.screenId]);
  }

  /** Joins and publishes; problems are shown, not thrown. */
  async open(): Promise<void> {
    const { roomId, userId, userName, stream } = this.visit;
    try {
      const renewToken = (): Promise<string> => this.#api.createRoomToken(roomId, userId);
      await this.#client.loginRoom(roomId, { token: await renewToken(), userId, userName, renewToken });
    } catch (error) {
      this.#report('login', error);
      this.store.update({ state: 'disconnected' });
      return;
    }
    this.#client.muteMicrophone(!this.visit.isMicrophoneOn);
    this.#client.enableCamera(this.visit.isCameraOn);
    if (stream !== undefined) await this.#publish(this.cameraId, stream);
  }

  /** Leaves the room and gives the devices back; idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#leave();
    return this.#closed;
  }

  /** Switches one's sound on or off. */
  setMicrophone(isOn: boolean): void {
    this.#client.muteMicrophone(!isOn);
    this.store.update({ isMicrophoneOn: isOn });
  }

  /** Switches one's picture on or off. */
  setCamera(isOn: boolean): void {
    this.#client.enableCamera(isOn);
    this.store.update({ isCameraOn: isOn });
  }

  /** Shares a screen beside the camera; the visitor may also say no to the browser's question. */
  async startSharing(): Promise<void> {
    try {
      const screen = await this.#client.createStream({ source: 'screen', audio: true });
      this.#screen = screen;
      screen.videoTrack?.addEventListener('ended', () => void this.stopSharing());
      this.store.update({ isSharing: true });
      await this.#publish(this.screenId, screen);
    } catch (error) {
      this.#report('screen', error);
    }
  }

  /** Stops sharing; does nothing when nothing is shared. */
  async stopSharing(): Promise<void> {
    const screen = this.#screen;
    if (screen === undefined) return;
    this.#screen = undefined;
    this.store.update({ isSharing: false });
    await this.#client.stopPublishingStream(this.screenId);
    this.#client.destroyStream(screen);
  }

  /** Takes a problem off the page. */
  dismiss(key: string): void {
    this.store.update({ problems: this.store.value.problems.filter((problem) => problem.key !== key) });
  }

  /** Shows a problem, in place of an earlier one of the same key. */
  report(problem: Problem): void {
    const others = this.store.value.problems.filter((other) => other.key !== problem.key);
    this.store.update({ problems: [...others, problem] });
  }

  async #leave(): Promise<void> {
    await Promise.all([this.stopSharing(), this.#client.logoutRoom()]);
    this.visit.closeStream();
  }

  #report(key: string, error: unknown): void {
    this.report(problemOf(key, error));
  }

  async #publish(streamId: string, stream: LocalStream): Promise<void> {
    const { codec, simulcast } = this.visit;
    this.#setMedia(streamId, stream.mediaStream);
    try {
      await this.#client.startPublishingStream(streamId, {
        stream,
        simulcast,
        ...(codec === undefined ? {} : { codec }),
      });
    } catch (error) {
      this.#report(`publish-${streamId}`, error);
    }
  }

  #listen(): void {
    const client = this.#client;
    client.on('room-state-changed', ({ state, error }) => {
      this.store.update({ state });
      if (state === 'connected') this.dismiss('room');
      else if (error !== undefined) this.#report('room', error);
    });
    client.on('participants-changed', ({ participants }) => this.store.update({ participants }));
    client.on('stream-added', ({ stream }) => this.#streamIs(stream));
    client.on('stream-changed', ({ stream }) => this.#streamIs(stream));
    client.on('stream-removed', ({ stream }) => this.#streamGone(stream));
    client.on('recording-changed', () =>
      this.store.update({ recordingChanges: this.store.value.recordingChanges + 1 }),
    );
    client.on('publisher-state-changed', (event) => this.#setTroubled(event.streamId, event.state));
    client.on('player-state-changed', (event) => this.#setTroubled(event.streamId, event.state));
    client.on('stream-quality', (quality) =>
      this.store.update({ quality: new Map(this.store.value.quality).set(quality.streamId, quality) }),
    );
    client.on('error', ({ error }) => this.#report(`error-${error.code}`, error));
  }

  #streamIs(stream: Stream): void {
    this.store.update({ streams: this.#client.streams });
    const isMine = stream.streamId === this.cameraId || stream.streamId === this.screenId;
    if (isMine || stream.state !== 'live' || this.store.value.media.has(stream.streamId)) return;
    void this.#play(stream.streamId);
  }

  async #play(streamId: string): Promise<void> {
    // Entered before the stream is there, so that a second event does not play it twice.
    this.#setMedia(streamId, new MediaStream());
    try {
      this.#setMedia(streamId, await this.#client.startPlayingStream(streamId));
    } catch (error) {
      this.#dropMedia(streamId);
      if (this.#client.streams.some((stream) => stream.streamId === streamId)) this.#report(`play-${streamId}`, error);
    }
  }

  #streamGone(stream: Stream): void {
    const quality = new Map(this.store.value.quality);
    quality.delete(stream.streamId);
    this.store.update({ streams: this.#client.streams, quality });
    const isMine = stream.streamId === this.cameraId || stream.streamId === this.screenId;
    if (!isMine) this.#dropMedia(stream.streamId);
  }

  #setTroubled(streamId: string, state: string): void {
    const troubled = new Set(this.store.value.troubled);
    if (state === 'reconnecting') troubled.add(streamId);
    else troubled.delete(streamId);
    this.store.update({ troubled });
  }

  #setMedia(streamId: string, mediaStream: MediaStream): void {
    this.store.update({ media: new Map(this.store.value.media).set(streamId, mediaStream) });
  }

  #dropMedia(streamId: string): void {
    const media = new Map(this.store.value.media);
    media.delete(streamId);
    this.store.update({ media });
  }
}
