import { describe, expect, it } from 'vitest';
import { copyOf, functionOf, numberWithin, oneOf, readId, readObject, textUpTo } from './argument-reader.ts';

const codeOf = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return [(error as { code: string }).code, (error as { details: { argument: string } }).details.argument];
  }
};
const FIELDS = { width: numberWithin(16, 100), name: textUpTo(5), kind: oneOf(['a', 'b']) };

describe('arguments', () => {
  it('are read field by field; what is absent stays absent, what is unknown is left out', () => {
    expect(readObject({ width: 20, kind: 'b', more: 1 }, 'options', FIELDS)).toEqual({ width: 20, kind: 'b' });
    expect(readObject(undefined, 'options', FIELDS)).toEqual({});
  });

  it.each([
    [null, 'options'],
    [5, 'options'],
    [{ width: Number.NaN }, 'options.width'],
    [{ width: 1e9 }, 'options.width'],
    [{ width: '20' }, 'options.width'],
    [{ name: '' }, 'options.name'],
    [{ name: 'x'.repeat(1_000_000) }, 'options.name'],
    [{ kind: 'c' }, 'options.kind'],
  ])('are refused by name: %o', (value, argument) => {
    expect(codeOf(() => readObject(value, 'options', FIELDS))).toEqual(['INVALID_ARGUMENT', argument]);
  });

  it('may have getters that throw', () => {
    const mean = {
      get width(): number {
        throw new Error('no');
      },
    };

    expect(codeOf(() => readObject(mean, 'options', FIELDS))).toEqual(['INVALID_ARGUMENT', 'options.width']);
    expect(codeOf(() => copyOf<{ width: number }>(mean, 'config', ['width']))).toEqual([
      'INVALID_ARGUMENT',
      'config.width',
    ]);
  });

  it('are read once, so that a page cannot change them behind the check', () => {
    let reads = 0;
    const sly = {
      get width(): number {
        reads += 1;
        return reads === 1 ? 20 : -1;
      },
    };

    expect(readObject(sly, 'options', FIELDS)).toEqual({ width: 20 });
    expect(reads).toBe(1);
  });

  it('keep the object a function belongs to', () => {
    const owner = {
      token: 't',
      renew(): string {
        return this.token;
      },
    };

    expect(functionOf<() => string>(owner)(owner.renew, 'renew')()).toBe('t');
  });

  it('are ids only if they are safe everywhere', () => {
    expect(readId('Room_1-a', 'roomId')).toBe('Room_1-a');
    expect(codeOf(() => readId('../x', 'roomId'))).toEqual(['INVALID_ARGUMENT', 'roomId']);
  });
});
