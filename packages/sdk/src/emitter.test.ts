import { describe, expect, it, vi } from 'vitest';
import { Emitter } from './emitter.ts';

describe('Emitter', () => {
  it('delivers to every listener in order, and to none that has ended', () => {
    const emitter = new Emitter<{ ping: number }>();
    const seen: string[] = [];
    const end = emitter.on('ping', (n) => seen.push(`first ${n}`));
    emitter.on('ping', (n) => seen.push(`second ${n}`));

    emitter.emit('ping', 1);
    end();
    end();
    emitter.emit('ping', 2);

    expect(seen).toEqual(['first 1', 'second 1', 'second 2']);
  });

  it('serves the others when a listener throws, and lets the page report the error', () => {
    const emitter = new Emitter<{ ping: number }>();
    const reported = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    const seen: number[] = [];
    emitter.on('ping', () => {
      throw new Error('listener broke');
    });
    emitter.on('ping', (n) => seen.push(n));

    emitter.emit('ping', 1);

    expect(seen).toEqual([1]);
    expect(() => reported.mock.calls[0]?.[0]()).toThrowError('listener broke');
    reported.mockRestore();
  });
});
