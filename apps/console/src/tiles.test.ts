import type { Stream } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import type { RoomView, Visit } from './room-session.ts';
import { columnsFor, listTiles } from './tiles.ts';

const AT = '2026-01-01T00:00:00Z';
const stream = (streamId: string, userId: string, isMuted = false): Stream => ({
  roomId: 'r',
  streamId,
  userId,
  state: 'live',
  publishedAt: AT,
  tracks: [
    { kind: 'audio', codec: 'opus', muted: isMuted },
    { kind: 'video', codec: 'h264', muted: false },
  ],
  recording: false,
});
const VISIT = { userId: 'ada-1', userName: 'Ada' } as Visit;
const VIEW = {
  participants: ['ada-1', 'bob-1', 'eve-1'].map((userId) => ({ userId, userName: userId.slice(0, 3), joinedAt: AT })),
  streams: [stream('bob-1-camera', 'bob-1', true), stream('bob-1-screen', 'bob-1'), stream('ada-1-camera', 'ada-1')],
  media: new Map(),
  quality: new Map(),
  troubled: new Set(['bob-1-camera']),
  isMicrophoneOn: true,
  isCameraOn: true,
} as unknown as RoomView;

describe('listTiles', () => {
  it('puts screens first, then oneself, then the others, and who only watches last', () => {
    const tiles = listTiles(VIEW, VISIT, new Set(['ada-1-camera']));

    expect(tiles.map(({ key, userName, state }) => `${key} ${userName} ${state}`)).toEqual([
      'bob-1-screen bob live',
      'ada-1-camera Ada live',
      'bob-1-camera bob interrupted',
      'eve-1 eve watching',
    ]);
    expect(tiles[2]?.isAudioMuted).toBe(true);
  });
});

describe('a mixing desk', () => {
  it('has no tile: nobody is to be seen or heard there', () => {
    const desk = { userId: 'Mixing-desk-x1', userName: 'Mixing desk', joinedAt: AT };
    const view = { ...VIEW, participants: [...VIEW.participants, desk] };

    expect(listTiles(view, VISIT, new Set()).map(({ userName }) => userName)).not.toContain('Mixing desk');
  });
});

describe('columnsFor', () => {
  it.each([
    [1, { width: 1600, height: 900 }, 1],
    [2, { width: 1600, height: 600 }, 2],
    [2, { width: 600, height: 900 }, 1],
    [4, { width: 1600, height: 900 }, 2],
    [9, { width: 1600, height: 900 }, 3],
    [0, { width: 1600, height: 900 }, 1],
  ])('fills a stage with %i tiles', (count, stage, columns) => {
    expect(columnsFor(count, stage)).toBe(columns);
  });
});
