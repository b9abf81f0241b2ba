// A tap node that runs with a clock of its own: gives the blocks of its inputs once their times are known, each with
// what was lost before its end, and follows whether the browser lets sound run.

import type { FullAudioDataFormat } from './audio-data.ts';
import type { AudioGraph } from './audio-graph.ts';
import { AudioTap, TapTimeline } from './audio-tap.ts';
import { TapNode, type TappedBlock } from './tap-node.ts';

/** A block, and how many ms of sound were lost before its end. */
export type TimedBlock = { readonly block: TappedBlock; readonly lostMs: number };

/** What a run taps and whom it tells. */
export type TapRunOptions = {
  readonly graph: AudioGraph;
  readonly format: FullAudioDataFormat;
  /** How many inputs its node has. */
  readonly inputs: number;
  onBlock(timed: TimedBlock): void;
  onState(state: 'running' | 'suspended'): void;
  /** The graph was closed. */
  onClosed(): void;
};

/** Samples cross to the page's thread in blocks of at least this length, ms: each message costs it more than samples. */
const BLOCK_MS_MIN = 20;

/** One running tap node. The worklet modules are loaded before it is made; whoever made it ends it. */
export class TapRun {
  readonly node: TapNode;
  readonly #options: TapRunOptions;
  readonly #timeline: TapTimeline;
  readonly #stopListening: () => void;
  /** Blocks of the first quarter of a second, until their times are known. */
  #waiting: TimedBlock[] = [];
  #isSuspended = false;
  #isStopped = false;

  constructor(options: TapRunOptions) {
    const { graph, format, inputs } = options;
    const { context } = graph;
    this.#options = options;
    this.#timeline = new TapTimeline(context);
    const blockFrames = Math.round((context.sampleRate * Math.max(format.frameMs, BLOCK_MS_MIN)) / 1000);
    const onBlock = (block: TappedBlock): void => this.#take(block);
    this.node = new TapNode({ context, blockFrames, channels: format.channels, inputs, onBlock });
    this.#stopListening = graph.onState((state) => this.#follow(state));
    this.#follow(graph.state);
  }

  /** Whether it was stopped: nothing is given any more. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** A tap for one input of the node. */
  makeTap(): AudioTap {
    const { graph, format } = this.#options;
    return new AudioTap({ fromRate: graph.context.sampleRate, format, timeline: this.#timeline });
  }

  /** Ends it; idempotent. Sources are unplugged by who plugged them in. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#stopListening();
    this.node.close();
  }

  #take(block: TappedBlock): void {
    const lostMs = this.#timeline.advance(block);
    this.#waiting.push({ block, lostMs });
    if (!this.#timeline.isSettled) return;
    const ready = this.#waiting;
    this.#waiting = [];
    for (const timed of ready) if (!this.#isStopped) this.#options.onBlock(timed);
  }

  #follow(state: AudioGraph['state']): void {
    if (state === 'closed') {
      this.#options.onClosed();
      return;
    }
    if (state === 'running' && this.#isSuspended) this.#timeline.noteInterruption();
    this.#isSuspended = state !== 'running';
    this.#options.onState(state === 'running' ? 'running' : 'suspended');
  }
}
