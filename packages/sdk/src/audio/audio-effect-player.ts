// A player of short sound effects, decoded beforehand so that they start at once and may overlap.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import { copyOf, functionOf, invalidArgument, readBoolean } from '../engine/argument-reader.ts';
import { clientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import { gainOfVolume, glideTo } from './audio-volume.ts';
import type { MixerInput } from './channel-mixer.ts';
import { fetchMedia, readMediaSource } from './media-fetch.ts';
import type { AudioOutputPorts, MediaPlayerState } from './media-player.ts';

/** How an effect is played. */
export type AudioEffectConfig = {
  /** How often, 0 = until stopped. Default 1. */
  readonly playCount?: number;
  /** 0 to 200, of what is heard here and of what is published. Default 100. */
  readonly volume?: number;
  /** Whether it also goes into the published stream and its recording. Default false. */
  readonly isPublishOut?: boolean;
  /** Default `main`. */
  readonly channel?: PublishChannel;
};

/** What an effect player tells: `playing`, then `play-ended` by itself or `no-play` when stopped. */
export type AudioEffectEvents = {
  state: { readonly effectId: number; readonly state: MediaPlayerState };
};

/** Most effects loaded at once, and the most one may be. Longer sound is for a `MediaPlayer`. */
export const EFFECT_LIMITS = { count: 64, bytes: 10_000_000, seconds: 60 } as const;

type PlayingEffect = { readonly source: AudioBufferSourceNode; readonly gain: GainNode };
type PublishBus = { readonly node: GainNode; readonly input: MixerInput };

/** Effects by an id of the application's choice. */
export class AudioEffectPlayer {
  readonly #ports: AudioOutputPorts;
  readonly #events = new Emitter<AudioEffectEvents>();
  readonly #buffers = new Map<number, AudioBuffer>();
  readonly #playing = new Map<number, PlayingEffect>();
  readonly #buses = new Map<PublishChannel, PublishBus>();
  #isClosed = false;

  constructor(ports: AudioOutputPorts) {
    this.#ports = ports;
  }

  /** Subscribes to an event. */
  on<Name extends keyof AudioEffectEvents>(
    name: Name,
    listener: (event: AudioEffectEvents[Name]) => void,
  ): Unsubscribe {
    return this.#events.on(name, functionOf<typeof listener>(this)(listener, 'listener'));
  }

  /**
   * Loads and decodes an effect; one of that id is replaced. Rejects with `MEDIA_NOT_FOUND`, `MEDIA_CROSS_ORIGIN`,
   * `MEDIA_NOT_PLAYABLE`, and `INVALID_ARGUMENT` beyond `EFFECT_LIMITS`.
   */
  async load(effectId: number, source: string | Blob): Promise<void> {
    this.#assertOpen();
    if (!Number.isInteger(effectId)) throw invalidArgument('effectId', 'a whole number');
    if (this.#buffers.size >= EFFECT_LIMITS.count && !this.#buffers.has(effectId)) {
      throw clientError('INVALID_ARGUMENT', { message: `At most ${EFFECT_LIMITS.count} effects are loaded at once` });
    }
    const bytes = await fetchMedia(readMediaSource(source), EFFECT_LIMITS.bytes);
    this.#assertOpen();
    const buffer = await this.#ports.graph.context.decodeAudioData(bytes).catch((cause: unknown) => {
      throw clientError('MEDIA_NOT_PLAYABLE', { details: { effectId }, cause });
    });
    if (buffer.duration > EFFECT_LIMITS.seconds) {
      throw clientError('INVALID_ARGUMENT', {
        message: `An effect lasts at most ${EFFECT_LIMITS.seconds} s`,
        details: { effectId, seconds: buffer.duration },
      });
    }
    this.#assertOpen();
    this.stop(effectId);
    this.#buffers.set(effectId, buffer);
  }

  /** Forgets an effect; stops it first. */
  unload(effectId: number): void {
    this.stop(effectId);
    this.#buffers.delete(effectId);
  }

  /** Starts a loaded effect, anew if it is playing. Throws `WRONG_STATE` if it is not loaded, `INVALID_ARGUMENT`. */
  start(effectId: number, config: AudioEffectConfig = {}): void {
    this.#assertOpen();
    const given = copyOf<AudioEffectConfig>(config, 'config', ['playCount', 'volume', 'isPublishOut', 'channel']);
    const { playCount = 1, volume = 100, isPublishOut = false, channel = 'main' } = given;
    const buffer = this.#buffers.get(effectId);
    if (buffer === undefined) throw clientError('WRONG_STATE', { message: 'That effect is not loaded' });
    if (!Number.isInteger(playCount) || playCount < 0)
      throw invalidArgument('config.playCount', 'a whole number from 0');
    const factor = gainOfVolume(volume);
    const bus = readBoolean(isPublishOut, 'config.isPublishOut') ? this.#busOf(channel) : undefined;
    this.stop(effectId);
    const { context } = this.#ports.graph;
    // A browser that waits for a click of the user plays it then.
    void this.#ports.graph.resume().catch(() => undefined);
    const source = new AudioBufferSourceNode(context, { buffer, loop: playCount !== 1 });
    const gain = new GainNode(context, { gain: factor });
    source.connect(gain).connect(context.destination);
    if (bus !== undefined) gain.connect(bus);
    const effect = { source, gain };
    source.onended = () => this.#end(effectId, effect, 'play-ended');
    this.#playing.set(effectId, effect);
    const startAt = context.currentTime;
    source.start(startAt);
    if (playCount > 1) source.stop(startAt + playCount * buffer.duration);
    this.#events.emit('state', { effectId, state: 'playing' });
  }

  /** Stops an effect; nothing happens if it is not playing. */
  stop(effectId: number): void {
    const effect = this.#playing.get(effectId);
    if (effect === undefined) return;
    effect.source.stop();
    this.#end(effectId, effect, 'no-play');
  }

  /** Stops every effect. */
  stopAll(): void {
    for (const effectId of [...this.#playing.keys()]) this.stop(effectId);
  }

  /** 0 to 200, until the effect is started again. Throws `INVALID_ARGUMENT`. */
  setVolume(effectId: number, volume: number): void {
    const factor = gainOfVolume(volume);
    const effect = this.#playing.get(effectId);
    if (effect !== undefined) glideTo(effect.gain, factor);
  }

  /** Stops and frees everything; the player cannot be used any more. */
  close(): void {
    this.stopAll();
    this.#isClosed = true;
    this.#buffers.clear();
    for (const { node, input } of this.#buses.values()) {
      input.remove();
      node.disconnect();
    }
    this.#buses.clear();
  }

  #end(effectId: number, effect: PlayingEffect, state: MediaPlayerState): void {
    if (this.#playing.get(effectId) !== effect) return;
    this.#playing.delete(effectId);
    effect.source.onended = null;
    effect.gain.disconnect();
    this.#events.emit('state', { effectId, state });
  }

  /** Stays in the channel from the first published effect on: going in and out would change its track each time. */
  #busOf(channel: PublishChannel): AudioNode {
    const known = this.#buses.get(channel);
    if (known !== undefined) return known.node;
    const node = new GainNode(this.#ports.graph.context);
    this.#buses.set(channel, { node, input: this.#ports.mixerOf(channel).addInput(node) });
    return node;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw clientError('WRONG_STATE', { message: 'The effect player was closed' });
  }
}
