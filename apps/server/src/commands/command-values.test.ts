import { describe, expect, it } from 'vitest';
import { CommandValues } from './command-values.ts';

describe('command values', () => {
  it('reads durations with and without a unit', () => {
    const values = new CommandValues({ a: '30s', b: '1500ms', c: '2m', d: '1h', e: '7', f: '0.5s' });

    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => values.durationMs(name))).toEqual([
      30_000, 1500, 120_000, 3_600_000, 7000, 500,
    ]);
    expect(values.problems).toEqual([]);
  });

  it('reads sizes, whole numbers and choices', () => {
    const values = new CommandValues({ size: '1280x720', fps: '30', codec: 'vp8' });

    expect(values.size('size')).toEqual({ width: 1280, height: 720 });
    expect(values.integer('fps', { min: 5, max: 60 })).toBe(30);
    expect(values.choice('codec', ['h264', 'vp8'])).toBe('vp8');
  });

  it('collects every problem with the text that caused it', () => {
    const values = new CommandValues({ a: 'soon', b: '1281x720', c: '61', d: 'mpeg2' });

    values.durationMs('a');
    values.size('b');
    values.integer('c', { min: 5, max: 60 });
    values.choice('d', ['h264']);
    values.required('e');

    expect(values.problems).toHaveLength(5);
    expect(values.problems.join('\n')).toMatch(/--a soon.*\n--b 1281x720.*\n--c 61.*\n--d mpeg2.*\n--e is missing/);
  });
});
