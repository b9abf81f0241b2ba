import { expect, it } from 'vitest';
import { type TapBlock, tapModule } from './tap-processor.ts';

const BLOCK = 480;
const QUANTUM = 128;

it('gives every sample once, and numbers them through', () => {
  const { blocks, run } = tapped();
  run(60);

  expect(blocks.map(({ startFrame }) => startFrame)).toEqual(blocks.map((_, n) => n * BLOCK));
  expect(samplesOf(blocks)).toEqual(Array.from({ length: blocks.length * BLOCK }, (_, n) => n));
});

it('counts on where the number of the browser is stale: nothing was left out', () => {
  const { blocks, run } = tapped();
  run(7);
  run(1, { staleBy: QUANTUM });
  run(1);
  run(3, { staleBy: 4 * QUANTUM });
  run(20);

  expect(blocks.map(({ startFrame }) => startFrame)).toEqual(blocks.map((_, n) => n * BLOCK));
});

it('corrects a count that began with a stale number', () => {
  const { blocks, run } = tapped();
  run(1, { staleBy: QUANTUM, from: 10 * QUANTUM });
  run(20);

  expect(blocks.map(({ startFrame }) => startFrame)).toEqual(blocks.map((_, n) => 10 * QUANTUM + n * BLOCK));
});

it('counts over quanta that were really left out', () => {
  const { blocks, run, leaveOut } = tapped();
  run(15);
  leaveOut(2);
  run(15);

  expect(blocks.map(({ startFrame }) => startFrame)).toEqual(
    Array.from({ length: 8 }, (_, n) => n * BLOCK + (n >= 4 ? 2 * QUANTUM : 0)),
  );
});

/** The processor as a browser runs it, with one input whose samples count frames. */
function tapped() {
  type Processor = {
    port: { onmessage(event: { data: unknown }): void };
    process(inputs: Float32Array[][], outputs: []): boolean;
  };
  const blocks: TapBlock[] = [];
  const registered: (new (options: object) => Processor)[] = [];
  class AudioWorkletProcessor {
    readonly port = {
      postMessage: (block: TapBlock) => blocks.push(structuredClone(block)),
      onmessage: () => undefined,
    };
  }
  const scope = {
    AudioWorkletProcessor,
    Float32Array,
    currentFrame: 0,
    registerProcessor: (_: string, made: new (options: object) => Processor) => registered.push(made),
  };
  // The globals of a worklet, one of which moves on by itself.
  new Function('scope', `with (scope) { ${tapModule()} }`)(scope);
  const [Made] = registered;
  if (Made === undefined) throw new Error('nothing was registered');
  const processor = new Made({ processorOptions: { blockFrames: BLOCK, channels: 1 } });
  processor.port.onmessage({ data: { version: 1, inputs: [0] } });
  let frame = 0;
  return {
    blocks,
    run: (quanta: number, { staleBy = 0, from = frame } = {}): void => {
      frame = from;
      for (let n = 0; n < quanta; n++) {
        scope.currentFrame = frame - staleBy;
        processor.process([[Float32Array.from({ length: QUANTUM }, (_, i) => frame + i)]], []);
        frame += QUANTUM;
      }
    },
    leaveOut: (quanta: number): void => {
      frame += quanta * QUANTUM;
    },
  };
}

const samplesOf = (blocks: readonly TapBlock[]): number[] => blocks.flatMap(({ samples }) => [...samples]);
