import { describe, expect, it } from 'vitest';
import { LINE_RATE, SoundLine } from './sound-line.ts';

/** Sound that says in every sample when it was captured: seconds of the line, in thousandths. */
function blockAt(
  fromS: number,
  options: { sampleRate?: number; channels?: number; lateUs?: number; scale?: number } = {},
) {
  const { sampleRate = LINE_RATE, channels = 1, lateUs = 0, scale = 1 } = options;
  const plane = Float32Array.from({ length: sampleRate / 100 }, (_, i) => (fromS + (i / sampleRate) * scale) / 1000);
  return { atUs: fromS * 1e6 + lateUs, sampleRate, planes: Array.from({ length: channels }, () => plane) };
}

function openLine(channelCount: 1 | 2 = 1) {
  const parts: Float32Array[] = [];
  const line = new SoundLine({ channelCount, onSamples: (planes) => parts.push(planes[0] ?? new Float32Array()) });
  return {
    line,
    /** Line samples so far, as seconds of capture; 0 where it is silent. */
    heard: () => {
      const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all.map((sample) => sample * 1000);
    },
  };
}

/** How far samples are from where they belong, ms, at most; silence left out. */
function worstErrorMs(heard: Float64Array): number {
  let worst = 0;
  for (let i = 0; i < heard.length; i++) {
    if (heard[i] !== 0) worst = Math.max(worst, Math.abs((heard[i] ?? 0) - i / LINE_RATE) * 1000);
  }
  return worst;
}

function silentMs(heard: Float64Array): number {
  return (heard.filter((at) => at === 0).length / LINE_RATE) * 1000;
}

describe('line of sound', () => {
  it('is unbroken and in place when blocks tremble', () => {
    const { line, heard } = openLine();
    for (let i = 0; i < 200; i++) line.push(blockAt(1 + i / 100, { lateUs: [0, 2700, 700, 1300][i % 4] ?? 0 }));
    line.endSource();
    expect(heard().length).toBe(3 * LINE_RATE);
    expect(silentMs(heard())).toBe(1000);
    expect(worstErrorMs(heard())).toBeLessThan(0.1);
  });

  it('leaves out what lies before its start', () => {
    const { line, heard } = openLine();
    for (let i = -5; i < 95; i++) line.push(blockAt(i / 100 + 0.003));
    line.endSource();
    expect(heard().length).toBe(Math.round(0.953 * LINE_RATE));
    expect(worstErrorMs(heard())).toBeLessThan(0.1);
  });

  it('fills a hole with as much silence as is missing', () => {
    const { line, heard } = openLine();
    for (let i = 0; i < 300; i++) if (i < 100 || i >= 137) line.push(blockAt(i / 100 + 0.0001));
    line.endSource();
    expect(heard().length).toBe(3 * LINE_RATE + 5);
    expect(silentMs(heard())).toBeCloseTo(370, 0);
    expect(worstErrorMs(heard())).toBeLessThan(0.2);
  });

  it('finds a single lost block within a few more', () => {
    const { line, heard } = openLine();
    for (let i = 0; i < 200; i++) if (i !== 100) line.push(blockAt(i / 100));
    line.endSource();
    expect(heard().length).toBe(2 * LINE_RATE);
    expect(
      worstErrorMs(
        heard()
          .slice(1.4 * LINE_RATE)
          .map((at) => at - 1.4),
      ),
    ).toBeLessThan(0.2);
  });

  it('does not play twice what comes twice', () => {
    const { line, heard } = openLine();
    for (let i = 0; i < 100; i++) line.push(blockAt(i / 100));
    for (let i = 80; i < 200; i++) line.push(blockAt(i / 100));
    line.endSource();
    expect(heard().length).toBe(2 * LINE_RATE);
    expect(worstErrorMs(heard())).toBeLessThan(0.2);
  });

  it('follows a clock that is 200 ppm fast, without a hole', () => {
    const { line, heard } = openLine();
    const scale = 1 - 200e-6;
    for (let i = 0; i < 4000; i++) line.push(blockAt((i / 100) * scale, { scale }));
    line.endSource();
    expect(worstErrorMs(heard())).toBeLessThan(1);
    expect(silentMs(heard())).toBeLessThan(0.1);
  });

  it('brings 44.1 kHz stereo to its own rate and channels', () => {
    const { line, heard } = openLine();
    for (let i = 0; i < 200; i++) line.push(blockAt(i / 100, { sampleRate: 44_100, channels: 2 }));
    line.endSource();
    expect(heard().length).toBe(2 * LINE_RATE);
    // The filter rings where the source begins and ends.
    expect(worstErrorMs(heard().map((at, i) => (i < 500 || i > 95_500 ? 0 : at)))).toBeLessThan(0.2);
  });

  it('goes on with another source where that belongs', () => {
    const { line, heard } = openLine(2);
    for (let i = 0; i < 100; i++) line.push(blockAt(i / 100));
    line.endSource();
    for (let i = 150; i < 250; i++) line.push(blockAt(i / 100, { sampleRate: 16_000, channels: 2 }));
    line.endSource();
    expect(heard().length).toBe(2.5 * LINE_RATE);
    expect(silentMs(heard())).toBeCloseTo(500, 0);
  });

  it('is silent where nothing comes, and drops what comes too late for it', () => {
    const { line, heard } = openLine();
    line.fillTo(500_000);
    for (let i = 0; i < 100; i++) line.push(blockAt(i / 100));
    line.endSource();
    expect(heard().length).toBe(LINE_RATE);
    expect(silentMs(heard())).toBeCloseTo(500, 0);
    expect(worstErrorMs(heard())).toBeLessThan(0.1);
  });

  it('gives what it held back of a source that was short', () => {
    const { line, heard } = openLine();
    line.push(blockAt(0));
    expect(heard().length).toBe(0);
    line.fillTo(20_000);
    expect(heard().length).toBe(960);
  });

  it('fills a hole of hours piece by piece, and is in place again behind it', () => {
    let samples = 0;
    const line = new SoundLine({ channelCount: 1, onSamples: ([plane]) => (samples += plane?.length ?? 0) });
    line.push({ atUs: Number.NaN, sampleRate: LINE_RATE, planes: [new Float32Array(480)] });
    for (let i = 0; i < 20; i++) line.push(blockAt(i / 100));
    line.push(blockAt(600));
    expect(samples).toBe(0.2 * LINE_RATE);
    for (let i = 1; i < 1300; i++) {
      if (i % 10 === 0) line.fillTo((600 + i / 100 - 1.5) * 1e6);
      line.push(blockAt(600 + i / 100));
    }
    line.endSource();
    expect(samples).toBe(613 * LINE_RATE);
  });
});
