// Voice and accompaniment of a channel apart and in step: pairs of frames, cut at the same samples from what would have
// been mixed together. While it runs, what is mixed in is in these frames and not in the published stream.

import { callPage } from '../page-callback.ts';
import type { AudioDataFormat, AudioDataFrame, AudioDataHandler } from './audio-data.ts';
import { fullAudioDataFormat } from './audio-data-format.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { AudioTap } from './audio-tap.ts';
import type { ChannelMixer } from './channel-mixer.ts';
import { TapRun, type TimedBlock } from './tap-run.ts';

/** Where the sound is, how it is to come and whom it is given to. */
export type AlignedAuxOptions = {
  readonly graph: AudioGraph;
  readonly mixer: ChannelMixer;
  readonly format?: AudioDataFormat;
  readonly handler: Pick<AudioDataHandler, 'onAlignedAudioAuxData' | 'onAudioDataStateUpdate'>;
};

const VOICE = 0;
const AUX = 1;

/** A running pair of taps. */
export class AlignedAux {
  readonly #options: AlignedAuxOptions;
  readonly #run: TapRun;
  readonly #voice: AudioTap;
  readonly #aux: AudioTap;
  readonly #unplug: readonly (() => void)[];

  private constructor(options: AlignedAuxOptions) {
    const { graph, mixer, handler } = options;
    this.#options = options;
    this.#run = new TapRun({
      graph,
      format: fullAudioDataFormat(options.format),
      inputs: 2,
      onBlock: (timed) => this.#deliver(timed),
      onState: (state) => handler.onAudioDataStateUpdate?.(state),
      onClosed: () => this.stop(),
    });
    this.#voice = this.#run.makeTap();
    this.#aux = this.#run.makeTap();
    const { node } = this.#run;
    this.#unplug = [node.connect(mixer.voice, VOICE), node.connect(mixer.aux, AUX), mixer.keepAuxApart()];
    node.select([VOICE, AUX]);
  }

  /** Starts it. Rejects with `INVALID_ARGUMENT` or `NOT_SUPPORTED`. */
  static async start(options: AlignedAuxOptions): Promise<AlignedAux> {
    fullAudioDataFormat(options.format);
    await options.graph.loadModules();
    // It may wait for a click of the user, as observers do.
    void options.graph.resume().catch(() => undefined);
    return new AlignedAux(options);
  }

  /** Ends it: what is mixed in is published again. Idempotent. */
  stop(): void {
    if (this.#run.isStopped) return;
    for (const unplug of this.#unplug) unplug();
    this.#run.stop();
  }

  /** Both taps began with the same block and have the same format: their frames are full together. */
  #deliver({ block, lostMs }: TimedBlock): void {
    const voices: AudioDataFrame[] = [];
    const framesOf = (tap: AudioTap, input: number, give: (frame: AudioDataFrame) => void): void =>
      tap.deliver(tap.resample(block.planesOf(input)), { block, lostMs, give });
    framesOf(this.#voice, VOICE, (frame) => voices.push(frame));
    framesOf(this.#aux, AUX, (aux) => {
      const voice = voices.shift();
      if (voice === undefined || this.#run.isStopped) return;
      callPage(() => this.#options.handler.onAlignedAudioAuxData?.(aux, voice));
    });
  }
}
