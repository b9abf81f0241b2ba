import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilmTime } from './film-time.ts';

function pausedTwice(): FilmTime {
  const film = new FilmTime();
  film.pause(1000);
  film.resume(1500);
  film.pause(3000);
  film.resume(4000);
  film.end(5000);
  return film;
}

describe('film time', () => {
  it('closes up behind pauses and ends', () => {
    const film = pausedTwice();
    expect([-1, 0, 999, 1000, 1499, 1500, 2999, 3000, 4000, 4999, 5000].map((at) => film.place(at))).toEqual([
      undefined,
      0,
      999,
      undefined,
      undefined,
      1000,
      2499,
      undefined,
      2500,
      3499,
      undefined,
    ]);
    expect(film.lengthAt(9999)).toBe(3500);
  });

  it('keeps the same pieces for sound as for pictures', () => {
    expect(pausedTwice().keptOf(-500, 9999)).toEqual([
      { fromUs: 0, toUs: 1000 },
      { fromUs: 1500, toUs: 3000 },
      { fromUs: 4000, toUs: 5000 },
    ]);
  });

  it('knows a pause without an end, and no second one in it', () => {
    const film = new FilmTime();
    film.pause(1000);
    film.pause(2000);
    expect(film.isPaused).toBe(true);
    expect(film.lengthAt(3000)).toBe(1000);
    expect(film.keptOf(500, 3000)).toEqual([{ fromUs: 500, toUs: 1000 }]);
    film.resume(2500);
    film.resume(2800);
    expect(film.lengthAt(3000)).toBe(1500);
  });

  it('keeps pieces as long as the film, however often it was paused', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 8 }), fc.nat(9000), (pauses, endUs) => {
        const film = new FilmTime();
        let atUs = 0;
        for (const [play, rest] of pauses) {
          film.pause(atUs + play);
          atUs += play + rest;
          film.resume(atUs);
        }
        film.end(endUs);
        const kept = film.keptOf(0, 20_000).reduce((sum, span) => sum + span.toUs - span.fromUs, 0);
        expect(kept).toBe(film.lengthAt(20_000));
      }),
    );
  });
});
