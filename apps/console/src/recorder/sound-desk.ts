// Music and sound effects of the recorder page: what is loaded, whether it goes into the recording, and how loud.

import type { AudioEffectPlayer, MediaPlayer, MediaPlayerState, PublishChannel } from '@roomtape/sdk';
import { type Problem, problemOf } from '../problem.ts';
import { Store } from '../store.ts';
import { MADE_SOUNDS, wavOf } from './made-sounds.ts';

/** What the desk takes from the engine. */
export interface SoundMaker {
  createMediaPlayer(options: { progressIntervalMs: number }): MediaPlayer;
  createAudioEffectPlayer(): AudioEffectPlayer;
}

/** An effect that can be played. */
export type LoadedEffect = { readonly effectId: number; readonly name: string };

/** What the page shows of it. */
export type SoundDeskView = {
  /** Name of the loaded file; empty without one. */
  readonly fileName: string;
  readonly state: MediaPlayerState;
  readonly positionMs: number;
  readonly durationMs: number;
  readonly effects: readonly LoadedEffect[];
  /** The channel all of this is mixed into; `undefined`: it is only heard here. */
  readonly auxChannel: PublishChannel | undefined;
  /** 0 to 200, of both what is heard and what is recorded. */
  readonly volume: number;
  readonly problem: Problem | undefined;
};

const PROGRESS_MS = 250;

/** One media player and one effect player. */
export class SoundDesk {
  readonly store = new Store<SoundDeskView>({
    fileName: '',
    state: 'no-play',
    positionMs: 0,
    durationMs: 0,
    effects: [],
    auxChannel: 'main',
    volume: 100,
    problem: undefined,
  });
  readonly #maker: SoundMaker;
  #player: MediaPlayer | undefined;
  #effects: AudioEffectPlayer | undefined;
  #nextEffectId = 1;

  constructor(maker: SoundMaker) {
    this.#maker = maker;
  }

  /** Loads a file into the media player in place of what was there. */
  loadFile(file: File): Promise<void> {
    return this.#try(async () => {
      const player = this.#openPlayer();
      await player.load(file);
      this.store.update({ fileName: file.name, durationMs: player.durationMs, positionMs: 0 });
    });
  }

  /** Plays, pauses or goes on. */
  toggle(): Promise<void> {
    return this.#try(async () => {
      const player = this.#openPlayer();
      if (player.state === 'playing') player.pause();
      else if (player.state === 'paused') await player.resume();
      else await player.start();
    });
  }

  /** Goes to a place. */
  seek(positionMs: number): Promise<void> {
    return this.#try(async () => {
      this.store.update({ positionMs });
      await this.#player?.seekTo(positionMs);
    });
  }

  /** Plays one of the page's own effects. */
  playMade(name: string): Promise<void> {
    return this.#try(async () => {
      const sound = MADE_SOUNDS.find((each) => each.name === name);
      const known = this.store.value.effects.find((each) => each.name === name);
      if (known !== undefined) this.playEffect(known.effectId);
      else if (sound !== undefined) this.playEffect(await this.#loadEffect(name, wavOf(sound)));
    });
  }

  /** Loads an effect from a file and plays it. */
  addEffect(file: File): Promise<void> {
    return this.#try(async () => this.playEffect(await this.#loadEffect(file.name, file)));
  }

  /** Plays a loaded effect from its start. */
  playEffect(effectId: number): void {
    const { auxChannel, volume } = this.store.value;
    const target = auxChannel === undefined ? {} : { isPublishOut: true, channel: auxChannel };
    this.#effects?.start(effectId, { volume, ...target });
  }

  /** Chooses the channel that gets it; `undefined`: only heard here. */
  mixInto(auxChannel: PublishChannel | undefined): void {
    const before = this.store.value.auxChannel;
    this.store.update({ auxChannel });
    if (before !== undefined) this.#player?.enableAux(false, before);
    if (auxChannel !== undefined) this.#player?.enableAux(true, auxChannel);
  }

  /** 0 to 200. */
  setVolume(volume: number): void {
    this.store.update({ volume });
    this.#player?.setVolume(volume);
    for (const { effectId } of this.store.value.effects) this.#effects?.setVolume(effectId, volume);
  }

  /** Takes the problem off the page. */
  dismiss(): void {
    this.store.update({ problem: undefined });
  }

  /** Ends both players. */
  close(): void {
    this.#player?.close();
    this.#effects?.close();
    this.#player = undefined;
    this.#effects = undefined;
  }

  #openPlayer(): MediaPlayer {
    if (this.#player !== undefined) return this.#player;
    const player = this.#maker.createMediaPlayer({ progressIntervalMs: PROGRESS_MS });
    const { auxChannel, volume } = this.store.value;
    player.on('state', ({ state, error }) => {
      const problem = error === undefined ? {} : { problem: problemOf('sound', error) };
      this.store.update({ state, positionMs: player.positionMs, ...problem });
    });
    player.on('progress', ({ positionMs, durationMs }) => this.store.update({ positionMs, durationMs }));
    player.setVolume(volume);
    if (auxChannel !== undefined) player.enableAux(true, auxChannel);
    this.#player = player;
    return player;
  }

  async #loadEffect(name: string, source: Blob): Promise<number> {
    this.#effects ??= this.#maker.createAudioEffectPlayer();
    const effectId = this.#nextEffectId++;
    await this.#effects.load(effectId, source);
    this.store.update({ effects: [...this.store.value.effects, { effectId, name }] });
    return effectId;
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.store.update({ problem: problemOf('sound', error) });
    }
  }
}
