// The worklet that taps sound: one node, many inputs, one message per block with the samples of all of them. Written as
// functions that need nothing from outside, because they are sent as text.

/** How a tap node is made. */
export type TapOptions = {
  /** Samples per block and channel. */
  readonly blockFrames: number;
  readonly channels: number;
};

/** Which inputs are tapped from the next block on; `version` comes back with each block. */
export type TapSelection = { readonly version: number; readonly inputs: readonly number[] };

/** One block: `samples` holds, for each selected input in order, its channels one after the other. */
export type TapBlock = {
  readonly version: number;
  /** The context's frame number of the first sample. Behind the block before, unless the graph left frames out. */
  readonly startFrame: number;
  readonly samples: Float32Array;
};

/** The source of the worklet module that registers `roomtape-tap`. */
export function tapModule(): string {
  return `(${registerTapProcessor.toString()})(${countFrames.toString()})`;
}

declare const currentFrame: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/**
 * Numbers frames. Quanta are counted here, because the browser's number may be stale: Chromium does not move it on while
 * the page holds the lock of the graph. It is never too high, so what is ahead of our count was really left out.
 */
function countFrames() {
  let next = 0;
  return {
    /** Takes the browser's number of a quantum; gives ours, and how many frames were left out before it. */
    follow: (told: number, quantum: number): { readonly frame: number; readonly leftOut: number } => {
      const leftOut = Math.max(0, told - next);
      const frame = next + leftOut;
      next = frame + quantum;
      return { frame, leftOut };
    },
  };
}

function registerTapProcessor(makeCounter: typeof countFrames): void {
  class TapProcessor extends AudioWorkletProcessor {
    readonly #blockFrames: number;
    readonly #channels: number;
    #next: TapSelection | undefined = { version: 0, inputs: [] };
    #selection: TapSelection = { version: 0, inputs: [] };
    #samples = new Float32Array(0);
    #filled = 0;
    #startFrame = 0;
    readonly #counter = makeCounter();
    #hasSent = false;
    #isEnded = false;

    constructor({ processorOptions }: { processorOptions: TapOptions }) {
      super();
      this.#blockFrames = processorOptions.blockFrames;
      this.#channels = processorOptions.channels;
      this.port.onmessage = ({ data }: MessageEvent<TapSelection | 'end'>) => {
        if (data === 'end') this.#isEnded = true;
        else this.#next = data;
      };
    }

    process(inputs: readonly (readonly Float32Array[])[], _outputs: unknown): boolean {
      const { renderQuantumSize = 128 } = globalThis as { renderQuantumSize?: number };
      const { frame, leftOut } = this.#counter.follow(currentFrame, renderQuantumSize);
      // Of the first block nobody knows yet: the number it began with was the stale one.
      if (!this.#hasSent) this.#startFrame += leftOut;
      for (let at = 0; at < renderQuantumSize; ) {
        if (this.#filled === 0) this.#open(frame + at);
        const count = Math.min(renderQuantumSize - at, this.#blockFrames - this.#filled);
        this.#copy(inputs, at, count);
        at += count;
        this.#filled += count;
        if (this.#filled === this.#blockFrames) this.#send();
      }
      return !this.#isEnded;
    }

    #open(startFrame: number): void {
      if (this.#next !== undefined) this.#selection = this.#next;
      this.#next = undefined;
      this.#startFrame = startFrame;
      this.#samples = new Float32Array(this.#selection.inputs.length * this.#channels * this.#blockFrames);
    }

    #copy(inputs: readonly (readonly Float32Array[])[], at: number, count: number): void {
      let to = this.#filled;
      for (const index of this.#selection.inputs) {
        for (let channel = 0; channel < this.#channels; channel++) {
          const source = inputs[index]?.[channel];
          if (source !== undefined) {
            this.#samples.set(count === source.length ? source : source.subarray(at, at + count), to);
          }
          to += this.#blockFrames;
        }
      }
    }

    #send(): void {
      const block = { version: this.#selection.version, startFrame: this.#startFrame, samples: this.#samples };
      this.port.postMessage(block, [this.#samples.buffer]);
      this.#filled = 0;
      this.#hasSent = true;
    }
  }
  registerProcessor('roomtape-tap', TapProcessor);
}
