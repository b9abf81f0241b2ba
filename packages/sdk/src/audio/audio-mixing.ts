// PCM of the application's own making, mixed into a published stream: pushed by it, or pulled from a callback.

import { clientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import { gainOfVolume, glideTo } from './audio-volume.ts';
import type { MixerInput } from './channel-mixer.ts';
import type { AudioOutputPorts } from './media-player.ts';
import type { FeedReport } from './pcm-feed-processor.ts';
import { PcmResampler } from './pcm-resampler.ts';

/** How PCM is mixed in. Samples are interleaved: L R L R … */
export type AudioMixingOptions = {
  /** A whole number of Hz from 8000 to 48 000. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Default `main`. */
  readonly channel?: PublishChannel;
  /** Volume in the published stream, 0 to 200. Default 100. */
  readonly publishVolume?: number;
  /** Volume here, 0 to 200. Default 0: it is not heard here. */
  readonly playVolume?: number;
  /** Asked for about `frames` samples per channel whenever few are left; without it, `push` them. */
  readonly pull?: (frames: number) => Int16Array | Float32Array | undefined;
};

/** How much is asked for in advance: what a page that is busy may be late by. */
const PULL_AHEAD_MS = 200;
/** The most that may wait. */
const BUFFER_MAX_MS = 5000;

/** A source of PCM in a channel. */
export class AudioMixing {
  readonly #options: AudioMixingOptions;
  readonly #contextRate: number;
  readonly #resampler: PcmResampler;
  readonly #feed: AudioWorkletNode;
  readonly #speaker: GainNode;
  readonly #input: MixerInput;
  #pushedFrames = 0;
  #report: FeedReport = { playedFrames: 0, underruns: 0 };
  #isStopped = false;

  private constructor(ports: AudioOutputPorts, options: AudioMixingOptions) {
    const { context } = ports.graph;
    const { channels, sampleRate, channel = 'main', publishVolume = 100, playVolume = 0 } = options;
    this.#options = options;
    this.#contextRate = context.sampleRate;
    this.#resampler = new PcmResampler({ fromRate: sampleRate, toRate: context.sampleRate, channels });
    const shape = { numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [channels] };
    this.#feed = new AudioWorkletNode(context, 'roomtape-pcm-feed', shape);
    this.#speaker = new GainNode(context, { gain: gainOfVolume(playVolume) });
    this.#feed.connect(this.#speaker).connect(context.destination);
    this.#feed.port.onmessage = ({ data }: MessageEvent<FeedReport>) => this.#take(data);
    this.#input = ports.mixerOf(channel).addInput(this.#feed, publishVolume);
    this.#pull();
  }

  /** Starts mixing. Rejects with `INVALID_ARGUMENT`, `NOT_SUPPORTED`. */
  static async start(ports: AudioOutputPorts, options: AudioMixingOptions): Promise<AudioMixing> {
    const { channels, sampleRate, publishVolume = 100, playVolume = 0 } = options;
    if (channels !== 1 && channels !== 2) throw clientError('INVALID_ARGUMENT', { details: { channels } });
    if (!(Number.isInteger(sampleRate) && sampleRate >= 8000 && sampleRate <= 48_000)) {
      throw clientError('INVALID_ARGUMENT', { details: { sampleRate, least: 8000, most: 48_000 } });
    }
    gainOfVolume(publishVolume);
    gainOfVolume(playVolume);
    await ports.graph.loadModules();
    void ports.graph.resume().catch(() => undefined);
    return new AudioMixing(ports, options);
  }

  /** Sound that waits to be played, ms. */
  get bufferedMs(): number {
    return (Math.max(0, this.#pushedFrames - this.#report.playedFrames) * 1000) / this.#contextRate;
  }

  /** How often it ran out of samples after it had some. */
  get underruns(): number {
    return this.#report.underruns;
  }

  /**
   * Appends samples, whole ones of all channels; they are copied. Throws `INVALID_ARGUMENT`, and `WRONG_STATE` when 5 s
   * wait already or after `stop`.
   */
  push(samples: Int16Array | Float32Array): void {
    if (this.#isStopped) throw clientError('WRONG_STATE', { message: 'Mixing was stopped' });
    const { channels } = this.#options;
    const isPcm = ArrayBuffer.isView(samples) && (samples instanceof Int16Array || samples instanceof Float32Array);
    if (!isPcm || samples.length % channels !== 0) {
      throw clientError('INVALID_ARGUMENT', { message: 'Samples must be Int16Array or Float32Array of whole frames' });
    }
    if (this.bufferedMs > BUFFER_MAX_MS) {
      throw clientError('WRONG_STATE', { message: `More than ${BUFFER_MAX_MS} ms of samples wait already` });
    }
    const planes = this.#resampler.process(planesOf(samples, channels));
    const frames = planes[0]?.length ?? 0;
    if (frames === 0) return;
    this.#pushedFrames += frames;
    this.#feed.port.postMessage(
      planes,
      planes.map((plane) => plane.buffer),
    );
  }

  /** 0 to 200. Throws `INVALID_ARGUMENT`. */
  setPublishVolume(volume: number): void {
    this.#input.setVolume(volume);
  }

  /** 0 to 200. Throws `INVALID_ARGUMENT`. */
  setPlayVolume(volume: number): void {
    glideTo(this.#speaker, gainOfVolume(volume));
  }

  /** Ends it; what waits is not played. Idempotent. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#input.remove();
    this.#feed.port.postMessage('end');
    this.#feed.port.onmessage = null;
    this.#feed.disconnect();
    this.#speaker.disconnect();
  }

  #take(report: FeedReport): void {
    this.#report = report;
    this.#pull();
  }

  #pull(): void {
    const { pull, sampleRate } = this.#options;
    const lackMs = PULL_AHEAD_MS - this.bufferedMs;
    if (pull === undefined || this.#isStopped || lackMs <= 0) return;
    const samples = pull(Math.ceil((lackMs * sampleRate) / 1000));
    if (samples !== undefined && samples.length > 0) this.push(samples);
  }
}

function planesOf(samples: Int16Array | Float32Array, channels: number): Float32Array[] {
  const scale = samples instanceof Int16Array ? 1 / 32_768 : 1;
  const length = samples.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    const plane = new Float32Array(length);
    for (let n = 0; n < length; n++) plane[n] = (samples[n * channels + channel] as number) * scale;
    return plane;
  });
}
