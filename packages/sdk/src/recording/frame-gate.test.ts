import { expect, it } from 'vitest';
import { FrameGate } from './frame-gate.ts';

function admitted(gate: FrameGate, times: readonly number[]): number {
  return times.filter((at) => gate.admit(at)).length;
}

it('loses nothing of a source that trembles around its rate', () => {
  const tremble = [0, 12_000, -9000, 30_000, -14_000, 5000];
  const times = Array.from({ length: 1800 }, (_, i) => i * 33_300 + (tremble[i % 6] ?? 0));
  expect(admitted(new FrameGate(30), times)).toBe(1800);
});

it('lets half of a source of twice the rate through', () => {
  const times = Array.from({ length: 3600 }, (_, i) => i * 16_667);
  expect(admitted(new FrameGate(30), times)).toBeGreaterThan(1790);
  expect(admitted(new FrameGate(30), times)).toBeLessThan(1850);
});

it('takes a burst after a hole only as far as it makes up for trembling', () => {
  const gate = new FrameGate(30);
  gate.admit(0);
  expect(admitted(gate, [2_000_000, 2_000_100, 2_000_200, 2_000_300, 2_000_400])).toBe(3);
});
