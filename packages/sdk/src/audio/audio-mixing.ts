// PCM of the application's own making, mixed into a published stream: pushed by it, or pulled from a callback.

import { clientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { AudioOutputPorts } from './media-player.ts';

/** What kind of PCM comes. Interleaved: L R L R … */
export type AudioMixingFormat = {
  /** A whole number of Hz from 8000 to 48 000. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
};

/** How PCM is mixed in. */
export type AudioMixingOptions = AudioMixingFormat & {
  /** Default `main`. */
  readonly channel?: PublishChannel;
  /** Volume in the published stream, 0 to 200. Default 100. */
  readonly publishVolume?: number;
  /** Volume here, 0 to 200. Default 0: it is not heard here. */
  readonly playVolume?: number;
  /** Asked for about `frames` samples per channel whenever few are left; without it, `push` them. */
  readonly pull?: (frames: number) => Int16Array | Float32Array | undefined;
};

/** A source of PCM in a channel. */
export class AudioMixing {
  readonly #options: AudioMixingOptions;

  private constructor(options: AudioMixingOptions) {
    this.#options = options;
  }

  /** Starts mixing. Rejects with `INVALID_ARGUMENT`, `NOT_SUPPORTED`. */
  static async start(_ports: AudioOutputPorts, options: AudioMixingOptions): Promise<AudioMixing> {
    throw clientError('NOT_SUPPORTED', { details: { channels: new AudioMixing(options).#options.channels } });
  }

  /** Samples per channel that wait to be played, at the rate of the context. */
  get bufferedMs(): number {
    return 0;
  }
  /** How often it ran out of samples while some were expected. */
  get underruns(): number {
    return 0;
  }
  /** Appends samples, whole frames of all channels. Throws `INVALID_ARGUMENT`, and `WRONG_STATE` when 5 s wait. */
  push(_samples: Int16Array | Float32Array): void {}
  setPublishVolume(_volume: number): void {}
  setPlayVolume(_volume: number): void {}
  /** Ends it; what waits is not played. */
  stop(): void {}
}
