// One tap of an observer: its samples at the wanted rate, cut into frames; and the clock that all its taps share.

import type { AudioDataFrame, FullAudioDataFormat } from './audio-data.ts';
import { FrameMaker } from './frame-maker.ts';
import { type ClockReading, GraphClock } from './graph-clock.ts';
import { PcmResampler } from './pcm-resampler.ts';
import type { TappedBlock } from './tap-node.ts';

/** How a tap is made. */
export type AudioTapOptions = {
  readonly fromRate: number;
  readonly format: FullAudioDataFormat;
  readonly timeline: TapTimeline;
};

/** What comes with the samples of a block. */
export type Delivery = {
  readonly block: TappedBlock;
  readonly lostMs: number;
  give(frame: AudioDataFrame): void;
};

/** One tap. Its samples are counted from the first block that held it. */
export class AudioTap {
  readonly #options: AudioTapOptions;
  readonly #resampler: PcmResampler;
  #maker: FrameMaker | undefined;

  constructor(options: AudioTapOptions) {
    const { fromRate, format } = options;
    this.#options = options;
    this.#resampler = new PcmResampler({ fromRate, toRate: format.sampleRate, channels: format.channels });
  }

  /** The samples at the wanted rate, the same planes where it is that already; `undefined` if the block has none. */
  resample(planes: readonly Float32Array[] | undefined): readonly Float32Array[] | undefined {
    const { fromRate, format } = this.#options;
    if (planes === undefined || fromRate === format.sampleRate) return planes;
    return this.#resampler.process(planes);
  }

  /** Gives the frames that are full with these samples. */
  deliver(planes: readonly Float32Array[] | undefined, { block, lostMs, give }: Delivery): void {
    if (planes === undefined) return;
    const { format, timeline } = this.#options;
    // Before its first block a tap could lose nothing.
    if (this.#maker === undefined) this.#maker = new FrameMaker(format, timeline.usOf(block.startFrame));
    else if (lostMs > 0) this.#maker.lose((lostMs * format.sampleRate) / 1000);
    this.#maker.push(planes, give);
  }
}

/** The clocks are compared this often, ms: each time takes the lock of the graph. */
const READ_CLOCKS_EVERY_MS = 40;

/** When samples were: counted from one reading of the clocks, so that it has no jitter and is the same for all taps. */
export class TapTimeline {
  readonly #context: AudioContext;
  readonly #clock = new GraphClock();
  #anchor: { readonly frame: number; readonly pageMs: number } | undefined;
  #expectedFrame: number | undefined;
  #readAtFrame = Number.NEGATIVE_INFINITY;
  #lostMs = 0;

  constructor(context: AudioContext) {
    this.#context = context;
  }

  /** Whether times are known yet; blocks that come before are kept until they are. */
  get isSettled(): boolean {
    return this.#clock.isSettled;
  }

  /** The context stood still and goes on now: the loss is told soon. */
  noteInterruption(): void {
    this.#clock.noteInterruption();
  }

  /** Takes the next block into account and gives how many ms of sound were lost before its end. */
  advance(block: TappedBlock): number {
    const { sampleRate } = this.#context;
    const skippedFrames = block.startFrame - (this.#expectedFrame ?? block.startFrame);
    this.#expectedFrame = block.endFrame;
    const lostMs = this.#readClocks(block.endFrame);
    if (this.isSettled) {
      this.#anchor ??= {
        frame: block.startFrame,
        pageMs: this.#clock.pageMsOf((block.startFrame * 1000) / sampleRate),
      };
    }
    // Frames that were left out are counted by the context itself; time it stood still is not.
    this.#lostMs += lostMs;
    return lostMs + (skippedFrames * 1000) / sampleRate;
  }

  #readClocks(atFrame: number): number {
    const { sampleRate } = this.#context;
    if (atFrame - this.#readAtFrame < (READ_CLOCKS_EVERY_MS * sampleRate) / 1000) return 0;
    this.#readAtFrame = atFrame;
    return this.#clock.read(readClocks(this.#context));
  }

  /** When a frame of the context entered the graph, µs of the clock of `performance.now()`. */
  usOf(frame: number): number {
    const { frame: from, pageMs } = this.#anchor ?? { frame, pageMs: 0 };
    return (pageMs + this.#lostMs) * 1000 + ((frame - from) * 1e6) / this.#context.sampleRate;
  }
}

/** When samples enter the graph: what the browser tells is when they leave it through the loudspeaker. */
function readClocks(context: AudioContext): ClockReading {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
  if (contextTime === 0 || performanceTime === 0) {
    return { contextMs: context.currentTime * 1000, pageMs: performance.now() };
  }
  const latencyMs = ((context.baseLatency ?? 0) + (context.outputLatency ?? 0)) * 1000;
  return { contextMs: contextTime * 1000, pageMs: performanceTime - latencyMs };
}
