// What the visitor will send, before the room: opens devices or a made source, lists the choices, and hands the open
// stream over to the room.

import { createRoomtape, type LocalStream } from '@roomtape/sdk';
import { startFlashBeep } from './flash-beep.ts';
import type { MadeSource } from './made-source.ts';
import { type Problem, problemOf } from './problem.ts';
import type { SourceKind } from './route.ts';
import { Store } from './store.ts';
import { startTestPicture } from './test-picture.ts';

/** What the lobby knows of the visitor's media. */
export type LobbyMediaView = {
  readonly kind: SourceKind;
  readonly isOpening: boolean;
  readonly stream: LocalStream | undefined;
  readonly problem: Problem | undefined;
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
  /** Chosen devices; empty: the default one. */
  readonly cameraId: string;
  readonly microphoneId: string;
};

const CLOSED: LobbyMediaView = {
  kind: 'devices',
  isOpening: false,
  stream: undefined,
  problem: undefined,
  cameras: [],
  microphones: [],
  cameraId: '',
  microphoneId: '',
};

/** The visitor's media in the lobby. */
export class LobbyMedia {
  readonly store = new Store<LobbyMediaView>(CLOSED);
  readonly #client = createRoomtape({ server: location.origin });
  #close: () => void = () => undefined;
  #rename: (name: string) => void = () => undefined;
  #attempt = 0;

  /** Opens devices or a made source in place of what was open. */
  async open(kind: SourceKind, name: string): Promise<void> {
    this.close();
    const attempt = this.#attempt;
    this.store.update({ kind, isOpening: true, problem: undefined });
    try {
      const opened = kind === 'devices' ? await this.#openDevices() : await this.#openMade(kind, name);
      if (attempt !== this.#attempt) opened.close();
      else this.#take(opened);
    } catch (error) {
      if (attempt === this.#attempt) this.store.update({ problem: problemOf('devices', error) });
    }
    if (attempt === this.#attempt) this.store.update({ isOpening: false });
    await this.#listDevices();
  }

  /** Chooses devices and opens them. */
  async choose(choice: { cameraId?: string; microphoneId?: string }): Promise<void> {
    this.store.update(choice);
    await this.open('devices', '');
  }

  /** Gives the open stream away: whoever takes it ends it. */
  handOver(userName: string): { stream: LocalStream | undefined; close: () => void } {
    const { stream } = this.store.value;
    const close = this.#close;
    this.#rename(userName);
    this.#close = () => undefined;
    this.store.update({ stream: undefined });
    return { stream, close };
  }

  /** Gives the devices back. */
  close(): void {
    this.#attempt += 1;
    this.#close();
    this.#rename = () => undefined;
    this.#close = () => undefined;
    this.store.update({ stream: undefined, isOpening: false });
  }

  #take(opened: { stream: LocalStream; close: () => void }): void {
    this.#close = opened.close;
    this.store.update({ stream: opened.stream });
  }

  /** Both devices, or the one there is: a visitor with only a microphone can still speak. */
  async #openDevices(): Promise<{ stream: LocalStream; close: () => void }> {
    const { cameraId, microphoneId } = this.store.value;
    const [camera, microphone] = [cameraId || true, microphoneId || true];
    const open = (wish: { camera: boolean | string; microphone: boolean | string }): Promise<LocalStream> =>
      this.#client.createStream({ source: 'camera', ...wish });
    const stream = await open({ camera, microphone })
      .catch((error) => open({ camera: false, microphone }).catch(() => Promise.reject(error)))
      .catch((error) => open({ camera, microphone: false }).catch(() => Promise.reject(error)));
    return { stream, close: () => this.#client.destroyStream(stream) };
  }

  async #openMade(kind: 'test' | 'flash-beep', name: string): Promise<{ stream: LocalStream; close: () => void }> {
    const made: MadeSource =
      kind === 'test' ? startTestPicture(name || 'Guest') : startFlashBeep({ name, participantIndex: 0 });
    const stream = await this.#client.createStream({ source: 'custom', mediaStream: made.mediaStream });
    this.#rename = made.rename;
    return { stream, close: made.close };
  }

  async #listDevices(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const named = (kind: MediaDeviceKind): MediaDeviceInfo[] =>
      devices.filter((device) => device.kind === kind && device.deviceId !== '');
    this.store.update({ cameras: named('videoinput'), microphones: named('audioinput') });
  }
}
