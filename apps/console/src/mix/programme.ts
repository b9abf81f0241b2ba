// The live picture of a running mix: played by the engine under the recording's id, asked for again until it is there.

import type { Engine } from '@roomtape/sdk';
import { type Problem, problemOf } from '../problem.ts';
import { Store } from '../store.ts';

/** What the monitor has. */
export type ProgrammeView = {
  readonly state: 'off' | 'opening' | 'live';
  readonly mediaStream: MediaStream | undefined;
  /** Why there is no picture although there should be one. */
  readonly problem: Problem | undefined;
};

const OFF: ProgrammeView = { state: 'off', mediaStream: undefined, problem: undefined };
/** A mix that has just begun has no picture yet. */
const RETRY_MS = 1500;
/** Before that, a missing picture is no news. */
const PATIENCE_MS = 6000;

/** Plays one mix at a time. */
export class Programme {
  readonly store = new Store<ProgrammeView>(OFF);
  readonly #engine: Engine;
  #streamId: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAtMs = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.on('player-state-changed', ({ streamId, state }) => {
      if (streamId !== this.#streamId) return;
      if (state === 'failed' || (state === 'stopped' && this.store.value.state === 'live')) this.#tryLater(streamId);
    });
  }

  /** Plays this one from now on; `undefined`: none. */
  show(streamId: string | undefined): void {
    if (streamId === this.#streamId) return;
    clearTimeout(this.#timer);
    if (this.#streamId !== undefined) void this.#engine.stopPlayingStream(this.#streamId).catch(() => undefined);
    this.#streamId = streamId;
    this.#askedAtMs = performance.now();
    this.store.update(OFF);
    if (streamId !== undefined) void this.#play(streamId);
  }

  /** Takes the problem off the page; a picture that stays away is missed again. */
  dismiss(): void {
    this.#askedAtMs = performance.now();
    this.store.update({ problem: undefined });
  }

  /** Plays nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#streamId = undefined;
  }

  async #play(streamId: string): Promise<void> {
    this.store.update({ state: 'opening' });
    try {
      const mediaStream = await this.#engine.startPlayingStream(streamId);
      if (streamId === this.#streamId) this.store.update({ state: 'live', mediaStream, problem: undefined });
    } catch (error) {
      if (streamId !== this.#streamId) return;
      if (performance.now() - this.#askedAtMs > PATIENCE_MS)
        this.store.update({ problem: problemOf('programme', error) });
      this.#tryLater(streamId);
    }
  }

  #tryLater(streamId: string): void {
    clearTimeout(this.#timer);
    this.store.update({ state: 'opening', mediaStream: undefined });
    this.#timer = setTimeout(() => {
      if (streamId === this.#streamId) void this.#play(streamId);
    }, RETRY_MS);
  }
}
