// The played streams in a tap node: each plugged into the sum and, where wanted, into a tap of its own; streams come,
// go and change tracks.

import type { AudioDataFrame } from './audio-data.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { AudioTap } from './audio-tap.ts';
import type { TapNode, TappedBlock } from './tap-node.ts';

/** Where played streams are plugged in. */
export type PlayerTapsOptions = {
  readonly graph: AudioGraph;
  readonly node: TapNode;
  /** The first input for single streams; those behind it are for them too. */
  readonly firstInput: number;
  /** How many inputs there are for them. */
  readonly places: number;
  /** The input where all are summed; absent: nowhere. */
  readonly sumInput?: number;
  /** Makes the tap of a single stream; absent: streams are not tapped one by one. */
  readonly makeTap?: () => AudioTap;
};

type PlayerTap = {
  readonly track: MediaStreamTrack;
  readonly input: number | undefined;
  readonly tap: AudioTap | undefined;
  unplug(): void;
};

/** The streams of one observer. Streams beyond the inputs of a node are in the sum only. */
export class PlayerTaps {
  readonly #options: PlayerTapsOptions;
  readonly #streams = new Map<string, PlayerTap>();
  #lastInput: number;

  constructor(options: PlayerTapsOptions) {
    this.#options = options;
    this.#lastInput = options.firstInput - 1;
  }

  /** The inputs of single streams. */
  get inputs(): number[] {
    return [...this.#streams.values()].flatMap(({ input }) => input ?? []);
  }

  /** Becomes these streams. A stream whose track was replaced counts on. */
  follow(tracks: ReadonlyMap<string, MediaStreamTrack>): void {
    for (const [streamId, stream] of this.#streams) {
      if (tracks.get(streamId) === stream.track) continue;
      stream.unplug();
      if (!tracks.has(streamId)) this.#streams.delete(streamId);
    }
    for (const [streamId, track] of tracks) {
      const before = this.#streams.get(streamId);
      if (before?.track !== track) this.#streams.set(streamId, this.#plug(track, before));
    }
  }

  /** Delivers a block's samples of every single stream. */
  deliver(block: TappedBlock, lostMs: number, giverOf: (streamId: string) => (frame: AudioDataFrame) => void): void {
    for (const [streamId, { input, tap }] of this.#streams) {
      if (input === undefined || tap === undefined) continue;
      tap.deliver(tap.resample(block.planesOf(input)), { block, lostMs, give: giverOf(streamId) });
    }
  }

  /** Unplugs all. */
  close(): void {
    for (const { unplug } of this.#streams.values()) unplug();
    this.#streams.clear();
  }

  #plug(track: MediaStreamTrack, before: PlayerTap | undefined): PlayerTap {
    const { graph, node, sumInput, makeTap } = this.#options;
    const input = before?.input ?? (makeTap === undefined ? undefined : this.#freeInput());
    const source = graph.sourceOf(track, true);
    const cords = [sumInput, input].flatMap((to) => (to === undefined ? [] : [node.connect(source.node, to)]));
    const unplug = (): void => {
      for (const pull of cords) pull();
      source.release();
    };
    return { track, input, tap: before?.tap ?? (input === undefined ? undefined : makeTap?.()), unplug };
  }

  /** Takes turns, so that blocks still on their way are never taken for those of another stream. */
  #freeInput(): number | undefined {
    const { firstInput, places } = this.#options;
    const taken = new Set(this.inputs);
    for (let step = 1; step <= places; step++) {
      const input = firstInput + ((this.#lastInput - firstInput + step + places) % places);
      if (taken.has(input)) continue;
      this.#lastInput = input;
      return input;
    }
    return undefined;
  }
}
