import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { initialsOf } from './avatar.ts';
import { formatTimestamp } from './timestamp.ts';

const at = unixUs(Date.UTC(2026, 10, 22, 23, 5, 9, 42) * 1000);

describe('a timestamp', () => {
  it.each([
    [{}, '2026-11-22 23:05:09'],
    [{ seconds: false }, '2026-11-22 23:05'],
    [{ zone: 'Asia/Shanghai' }, '2026-11-23 07:05:09'],
    [{ zone: 'America/St_Johns', format: 'dd.MM.yyyy HH:mm zzz' }, '22.11.2026 19:35 -03:30'],
    [{ zone: 'UTC', format: 'HH:mm:ss.SSS zzz' }, '23:05:09.042 +00:00'],
    [{ zone: 'Europe/Berlin', format: '录制于 yyyy年MM月dd日' }, '录制于 2026年11月23日'],
  ])('with %j is %s', (options, text) => {
    expect(formatTimestamp(at, options)).toBe(text);
  });

  it('has midnight as 00, and follows summer time', () => {
    const midnight = unixUs(Date.UTC(2026, 6, 1, 22, 0) * 1000);

    expect(formatTimestamp(midnight, { zone: 'Europe/Berlin' })).toBe('2026-07-02 00:00:00');
  });
});

describe('initials', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['Ada King, Countess of Lovelace', 'AL'],
    ['李小龍', '李'],
    ['王 小明', '王'],
    ['さくら', 'さ'],
    ['김철수', '김'],
    ['Élodie', 'É'],
    ['😀 Joy', 'J'],
    ['😀', '?'],
    ['', 'U'],
    ['7of9', '7'],
  ])('of %s are %s', (userName, initials) => {
    expect(initialsOf({ userName, userId: 'u-1'.slice(0, 1) })).toBe(initials);
  });
});
