// A room that a page's engine may be in: joining with a token of this server, who sends what, and leaving.

import type { Participant, Stream } from '@roomtape/api';
import type { Engine, RoomState } from '@roomtape/sdk';
import type { ConsoleApi } from './console-api.ts';
import { identify, idInTab, lastUserName, toId } from './identity.ts';
import { type Problem, problemOf } from './problem.ts';
import { Store } from './store.ts';

/** What the page shows of it. */
export type EngineRoomView = {
  /** Empty: not in a room, and none is being joined. */
  readonly roomId: string;
  readonly state: RoomState;
  readonly participants: readonly Participant[];
  /** Streams of the room, one's own included. */
  readonly streams: readonly Stream[];
  readonly problem: Problem | undefined;
};

const OUTSIDE: EngineRoomView = {
  roomId: '',
  state: 'disconnected',
  participants: [],
  streams: [],
  problem: undefined,
};

/** The room of one engine. */
export class EngineRoom {
  readonly store = new Store<EngineRoomView>(OUTSIDE);
  readonly #engine: Engine;
  readonly #api: ConsoleApi;
  #userId = '';

  constructor(engine: Engine, api: ConsoleApi) {
    this.#engine = engine;
    this.#api = api;
    engine.on('room-state-changed', ({ state, error }) => this.#follow(state, error));
    engine.on('participants-changed', ({ participants }) => this.store.update({ participants }));
    engine.on('stream-added', ({ stream }) => this.#put(stream));
    engine.on('stream-changed', ({ stream }) => this.#put(stream));
    engine.on('stream-removed', ({ stream }) => this.#remove(stream.streamId));
  }

  /** One's own id in the room; empty before the first join. */
  get userId(): string {
    return this.#userId;
  }

  /** Joins a room, under the visitor's own name or as what the page is; one that was joined before is left. */
  async join(name: string, role?: string): Promise<void> {
    const roomId = toId(name);
    const userName = role ?? (lastUserName() || 'Recorder');
    this.#userId = role === undefined ? identify(userName) : idInTab(role);
    this.store.update({ ...OUTSIDE, roomId, state: 'connecting' });
    try {
      const renewToken = (): Promise<string> => this.#api.createRoomToken(roomId, this.#userId);
      const token = await renewToken();
      await this.#engine.loginRoom(roomId, { userId: this.#userId, userName, token, renewToken });
    } catch (error) {
      this.store.update({ ...OUTSIDE, problem: problemOf('room', error) });
    }
  }

  /** Leaves the room; recordings of this engine end with it. */
  async leave(): Promise<void> {
    try {
      await this.#engine.logoutRoom();
    } catch (error) {
      this.store.update({ problem: problemOf('room', error) });
    }
    this.store.update({ ...OUTSIDE });
  }

  /** Takes the problem off the page. */
  dismiss(): void {
    this.store.update({ problem: undefined });
  }

  #follow(state: RoomState, error: unknown): void {
    const problem = error === undefined ? {} : { problem: problemOf('room', error) };
    if (state === 'disconnected' && this.store.value.state !== 'connecting')
      this.store.update({ ...OUTSIDE, ...problem });
    else this.store.update({ state, ...problem });
  }

  #put(stream: Stream): void {
    const others = this.store.value.streams.filter(({ streamId }) => streamId !== stream.streamId);
    this.store.update({ streams: [...others, stream] });
  }

  #remove(removedId: string): void {
    this.store.update({ streams: this.store.value.streams.filter(({ streamId }) => streamId !== removedId) });
  }
}
