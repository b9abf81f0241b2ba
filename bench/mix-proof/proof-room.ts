// A room of real WHIP publishers in this process that does what a script says, and remembers when it did it: the
// proof's own account of what happened, to hold a film against. One room, one mixed recording.

import type { MixLayout, MixRequest, Recording } from '@roomtape/api';
import { type Clock, type Ids, type MediaKind, type UnixUs, US_PER_SECOND } from '@roomtape/media';
import type { Client } from '@roomtape/sdk-server';
import { createSyntheticSource, WhipClient } from '@roomtape/testkit';
import type { RtcTransportFactory } from '@roomtape/webrtc';
import { joinRoom, type RoomSocket } from '../../tests/e2e/room-socket.ts';
import { ProofPerson } from './proof-person.ts';

/** What a room is made of; nothing of it is closed with the room. */
export type ProofRoomParts = {
  readonly url: string;
  readonly client: Client;
  readonly factory: RtcTransportFactory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly roomId: string;
};

/** Something that was done, between two wall times. */
export type Act = {
  readonly what: 'join' | 'leave' | 'layout' | 'pause' | 'resume' | 'other';
  /** Who, or the layout's mode. */
  readonly detail: string;
  readonly fromAt: number;
  readonly toAt: number;
};

/** Size of somebody's picture, px. */
export type PictureSize = { readonly width: number; readonly height: number };

/** 16:9, so that a tile's picture is found by its shape alone. */
const SMALL: PictureSize = { width: 320, height: 180 };
const BITRATE_BPS = 400_000;
const POLL_MS = 100;

/** The room; `close` at the end. */
export class ProofRoom {
  readonly people: ProofPerson[] = [];
  readonly acts: Act[] = [];
  readonly #parts: ProofRoomParts;
  readonly #sockets = new Map<string, RoomSocket>();
  #recordingId = '';

  constructor(parts: ProofRoomParts) {
    this.#parts = parts;
  }

  /** The recording that was begun. */
  get recordingId(): string {
    return this.#recordingId;
  }

  /** Wall time. */
  get now(): UnixUs {
    return this.#parts.clock.now();
  }

  /** Waits until a wall time. */
  until(at: number): Promise<void> {
    const ms = (at - this.now) / 1000;
    return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void this.#parts.clock.after(ms, resolve));
  }

  /** Publishes somebody's camera or screen; who left before comes back as themselves. */
  async join(name: string, kind: 'camera' | 'screen' = 'camera'): Promise<void> {
    const { url, roomId, factory, clock, ids } = this.#parts;
    const person = this.#personOf(name);
    await this.#act('join', name, async () => {
      let startedAt = 0;
      const client = new WhipClient({
        ...{ url: `${url}/whip/${roomId}/${name}?kind=${kind}`, token: await this.#token(name), factory, clock, ids },
        ...{ videoCodec: 'h264', hasAudio: true },
        createSource: (startAt) => {
          startedAt = startAt;
          const signalStartUs = startAt % US_PER_SECOND;
          const look = { name, participantIndex: person.index, ...SMALL, fps: ProofPerson.fps };
          person.source = createSyntheticSource({ ...look, signalStartUs, videoBitrateBps: BITRATE_BPS });
          return person.source;
        },
      });
      person.client = client;
      const joinedAt = this.now;
      await client.connect();
      person.lives.push({ joinedAt, startAt: startedAt });
    });
    for (const condition of ['heard', 'seen'] as const) person.begin(condition, this.now);
  }

  /** Ends somebody's publication. */
  async leave(name: string): Promise<void> {
    const person = this.#personOf(name);
    for (const condition of ['heard', 'seen', 'silent', 'lossy'] as const) person.end(condition, this.now);
    await this.#act('leave', name, async () => {
      await person.client?.close();
      person.client = undefined;
    });
  }

  /** Switches somebody's microphone or camera off or on, as a client does: it says so, and sends no more. */
  async mute(name: string, kind: MediaKind, isMuted: boolean): Promise<void> {
    const person = this.#personOf(name);
    const condition = kind === 'audio' ? 'heard' : 'seen';
    if (isMuted) person.end(condition, this.now);
    else if (kind === 'audio') person.end('silent', this.now);
    await this.#act('other', `${name} ${kind} ${isMuted ? 'off' : 'on'}`, async () => {
      const socket = await this.#socketOf(name);
      socket.setMuted(name, kind, isMuted);
      person.client?.setMuted(kind, isMuted);
    });
    if (!isMuted) person.begin(condition, this.now);
    else if (kind === 'audio') person.begin('silent', this.now);
  }

  /** Changes the size of somebody's picture in the middle of the stream. */
  async resize(name: string, size: PictureSize): Promise<void> {
    const { source } = this.#personOf(name);
    await this.#act('other', `${name} ${size.width}x${size.height}`, async () =>
      source?.setSize(size.width, size.height),
    );
  }

  /** Loses a share of somebody's packets from now on. */
  async lose(name: string, lossRate: number): Promise<void> {
    const person = this.#personOf(name);
    person.client?.setNetwork({ lossRate });
    if (lossRate > 0) person.begin('lossy', this.now);
    else person.end('lossy', this.now);
    await this.#act('other', `${name} loses ${lossRate * 100} %`, async () => {});
  }

  /** Somebody vanishes without a word and is there again `awayMs` later, with the same camera. */
  async reconnect(name: string, awayMs: number): Promise<void> {
    const person = this.#personOf(name);
    for (const condition of ['heard', 'seen'] as const) person.end(condition, this.now);
    await this.#act('other', `${name} reconnects`, async () => {
      person.client?.drop();
      await this.until(this.now + awayMs * 1000);
      await person.client?.connect();
    });
    for (const condition of ['heard', 'seen'] as const) person.begin(condition, this.now);
  }

  /** Begins the mixed recording. */
  async record(request: MixRequest): Promise<void> {
    const { client, roomId } = this.#parts;
    this.#recordingId = (await client.recordings.start({ roomId, mode: 'mix', ...request })).recordingId;
  }

  async changeLayout(layout: MixLayout): Promise<void> {
    await this.#act('layout', layout.mode, () =>
      this.#parts.client.recordings.changeLayout(this.#recordingId, { layout }),
    );
  }

  /** Pauses the recording for a while. */
  async pause(ms: number): Promise<void> {
    await this.#act('pause', '', () => this.#parts.client.recordings.pause(this.#recordingId));
    await this.until(this.now + ms * 1000);
    await this.#act('resume', '', () => this.#parts.client.recordings.resume(this.#recordingId));
  }

  /** Stops the recording and waits until its film is whole. */
  async finish(): Promise<Recording> {
    const { recordings } = this.#parts.client;
    await recordings.stop(this.#recordingId);
    for (;;) {
      const recording = await this.recording();
      if (recording.state === 'finished' || recording.state === 'failed') return recording;
      await this.until(this.now + POLL_MS * 1000);
    }
  }

  /** The recording as the API shows it. */
  recording(): Promise<Recording> {
    return this.#parts.client.recordings.get(this.#recordingId);
  }

  /** Everybody leaves. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    await Promise.all(this.people.map(({ client }) => client?.close().catch(() => {})));
  }

  async #act(what: Act['what'], detail: string, work: () => Promise<unknown>): Promise<void> {
    const fromAt = this.now;
    await work();
    this.acts.push({ what, detail, fromAt, toAt: this.now });
  }

  #personOf(name: string): ProofPerson {
    const known = this.people.find((person) => person.name === name);
    if (known !== undefined) return known;
    const person = new ProofPerson(name, this.people.length + 1);
    this.people.push(person);
    return person;
  }

  async #socketOf(name: string): Promise<RoomSocket> {
    const { url, roomId } = this.#parts;
    const door = { server: { url }, token: () => this.#token(name) };
    const socket = this.#sockets.get(name) ?? (await joinRoom(door, roomId, name));
    this.#sockets.set(name, socket);
    return socket;
  }

  async #token(userId: string): Promise<string> {
    const { client, roomId } = this.#parts;
    await client.rooms.create(roomId);
    return (await client.rooms.createToken(roomId, { userId, grants: ['join', 'publish', 'play'] })).token;
  }
}
