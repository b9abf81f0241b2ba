import { describe, expect, it } from 'vitest';
import { mixAddress, parseRoute } from './route.ts';

const LOBBY = { roomId: '', userName: '', isAutomatic: false, codec: undefined, simulcast: false, source: 'devices' };

describe('parseRoute', () => {
  it.each([
    ['', LOBBY],
    ['#/', LOBBY],
    ['#/elsewhere', LOBBY],
    ['#/room/demo', { ...LOBBY, roomId: 'demo' }],
    [
      '#/room/demo?name=Ada%20L&auto=1&codec=vp8&simulcast=1&source=test',
      { roomId: 'demo', userName: 'Ada L', isAutomatic: true, codec: 'vp8', simulcast: true, source: 'test' },
    ],
    ['#/room/demo?codec=mp3&source=x&auto=yes', { ...LOBBY, roomId: 'demo' }],
    ['#/room/%E0%A4%A', { ...LOBBY, roomId: '' }],
  ])('reads %j', (hash, link) => {
    expect(parseRoute(hash)).toEqual({ page: 'rooms', link });
  });

  it.each([
    ['#/mix/demo', { roomId: 'demo', recordingId: undefined }],
    [mixAddress('a b', 'rec_1'), { roomId: 'a b', recordingId: 'rec_1' }],
  ])('reads %j as the desk of a room', (hash, link) => {
    expect(parseRoute(hash)).toEqual({ page: 'mix', link });
  });

  it('asks for a room where a desk is wanted of none', () => {
    expect(parseRoute('#/mix')).toMatchObject({ page: 'rooms' });
  });

  it.each(['recorder', 'raw-audio', 'recordings'])('knows the page %s', (page) => {
    expect(parseRoute(`#/${page}`)).toEqual({ page });
  });
});
