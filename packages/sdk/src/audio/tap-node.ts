// One tap worklet in the graph with places to plug sources in; gives the blocks of all taps at once.

import type { TapBlock, TapSelection } from './tap-processor.ts';

/** Samples of one input in a block: one plane per channel. */
export type TappedBlock = {
  readonly startFrame: number;
  /** Where the next block begins unless the graph left frames out. */
  readonly endFrame: number;
  /** The planes of a tapped input; `undefined` if it was not yet tapped when the block began. */
  planesOf(input: number): readonly Float32Array[] | undefined;
};

/** How a tap node is made. `onBlock` gets every block once, in order. */
export type TapNodeOptions = {
  readonly context: BaseAudioContext;
  readonly blockFrames: number;
  readonly channels: number;
  /** How many different sounds it can tap at once. */
  readonly inputs: number;
  onBlock(block: TappedBlock): void;
};

/** A tap node. The worklet modules are loaded before it is made. */
export class TapNode {
  readonly #options: TapNodeOptions;
  readonly #node: AudioWorkletNode;
  /** Selections the worklet may still be at, oldest first. */
  #selections: TapSelection[] = [{ version: 0, inputs: [] }];
  #isClosed = false;

  constructor(options: TapNodeOptions) {
    this.#options = options;
    const { blockFrames, channels } = options;
    this.#node = new AudioWorkletNode(options.context, 'roomtape-tap', {
      numberOfInputs: options.inputs,
      numberOfOutputs: 0,
      // The graph itself mixes every input to the wanted number of channels.
      channelCount: channels,
      channelCountMode: 'explicit',
      channelInterpretation: 'speakers',
      processorOptions: { blockFrames, channels },
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<TapBlock>) => this.#take(data);
  }

  /** Taps exactly these inputs from the next block on. */
  select(inputs: readonly number[]): void {
    const version = (this.#selections.at(-1)?.version ?? 0) + 1;
    const selection = { version, inputs: [...inputs] };
    this.#selections.push(selection);
    this.#node.port.postMessage(selection);
  }

  /** Plugs a source in; several at one input are summed. The returned function unplugs it. */
  connect(source: AudioNode, input: number): () => void {
    source.connect(this.#node, 0, input);
    let isConnected = true;
    return () => {
      if (isConnected) source.disconnect(this.#node, 0, input);
      isConnected = false;
    };
  }

  /** Ends it; no block is given any more. Sources are unplugged by who plugged them in. */
  close(): void {
    this.#isClosed = true;
    this.#node.port.postMessage('end');
    this.#node.port.onmessage = null;
    this.#node.port.close();
  }

  #take(block: TapBlock): void {
    if (this.#isClosed) return;
    while ((this.#selections[0]?.version ?? block.version) < block.version) this.#selections.shift();
    const inputs = this.#selections[0]?.inputs ?? [];
    const { blockFrames, channels, onBlock } = this.#options;
    const { startFrame, samples } = block;
    const planesOf = (input: number): readonly Float32Array[] | undefined => {
      const place = inputs.indexOf(input);
      if (place < 0) return undefined;
      const plane = (channel: number): Float32Array => {
        const from = (place * channels + channel) * blockFrames;
        return samples.subarray(from, from + blockFrames);
      };
      return Array.from({ length: channels }, (_, channel) => plane(channel));
    };
    onBlock({ startFrame, endFrame: startFrame + blockFrames, planesOf });
  }
}
