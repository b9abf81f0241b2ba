import { describe, expect, it } from 'vitest';
import { createBlendKernel } from './blend-kernel.ts';
import { createWasmMemory } from './wasm.ts';

describe('blend kernel', () => {
  it('gives what exact arithmetic gives, for every pair of values, and touches nothing else', () => {
    const memory = createWasmMemory(8);
    const bytes = new Uint8Array(memory.buffer);
    const blend = createBlendKernel(memory);
    const [dst, pre, inv, stride] = [0, 100_000, 200_000, 300];
    // One row per alpha, one column per value beneath.
    for (let row = 0; row < 256; row += 1) {
      for (let column = 0; column < 256; column += 1) {
        bytes[dst + row * stride + column] = column;
        bytes[pre + row * 256 + column] = Math.floor(row / 2);
        bytes[inv + row * 256 + column] = 255 - row;
      }
      bytes.fill(77, dst + row * stride + 256, dst + (row + 1) * stride);
    }
    blend(dst, stride, pre, inv, 256, 256);
    let wrong = 0;
    for (let row = 0; row < 256; row += 1)
      for (let column = 0; column < stride; column += 1) {
        const wanted = column < 256 ? Math.floor(row / 2) + Math.round((column * (255 - row)) / 255) : 77;
        if (bytes[dst + row * stride + column] !== wanted) wrong += 1;
      }
    expect(wrong).toBe(0);
  });
});
