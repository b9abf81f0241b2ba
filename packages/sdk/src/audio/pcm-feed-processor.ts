// The worklet that plays PCM handed to it. Written as one function that needs nothing from outside, because it is sent
// as text.

/** What the feed reports now and then: frames played since the start, and how often it ran dry. */
export type FeedReport = { readonly playedFrames: number; readonly underruns: number };

/** The source of the worklet module that registers `roomtape-pcm-feed`. */
export function pcmFeedModule(): string {
  return `(${registerFeedProcessor.toString()})()`;
}

declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

function registerFeedProcessor(): void {
  class FeedProcessor extends AudioWorkletProcessor {
    /** Planes per chunk, oldest first; `#at` is the place in the first. */
    readonly #chunks: (readonly Float32Array[])[] = [];
    #at = 0;
    #playedFrames = 0;
    #underruns = 0;
    #isDry = true;
    #quanta = 0;
    #isEnded = false;

    constructor() {
      super();
      this.port.onmessage = ({ data }: MessageEvent<readonly Float32Array[] | 'end'>) => {
        if (data === 'end') this.#isEnded = true;
        else this.#chunks.push(data);
      };
    }

    process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
      const output = outputs[0] ?? [];
      const length = output[0]?.length ?? 0;
      let filled = 0;
      while (filled < length && this.#chunks.length > 0) filled += this.#play(output, filled);
      this.#playedFrames += filled;
      if (filled < length && !this.#isDry) this.#underruns += 1;
      this.#isDry = filled < length;
      this.#quanta += 1;
      // About every 20 ms: often enough to be fed from, seldom enough to cost nothing.
      if (this.#quanta % 8 === 0) {
        this.port.postMessage({ playedFrames: this.#playedFrames, underruns: this.#underruns });
      }
      return !this.#isEnded;
    }

    #play(output: readonly Float32Array[], to: number): number {
      const chunk = this.#chunks[0] ?? [];
      const available = chunk[0]?.length ?? 0;
      const count = Math.min((output[0]?.length ?? 0) - to, available - this.#at);
      for (let channel = 0; channel < output.length; channel++) {
        const source = chunk[channel] ?? chunk[0];
        if (source !== undefined) output[channel]?.set(source.subarray(this.#at, this.#at + count), to);
      }
      this.#at += count;
      if (this.#at >= available) {
        this.#chunks.shift();
        this.#at = 0;
      }
      return count;
    }
  }
  registerProcessor('roomtape-pcm-feed', FeedProcessor);
}
