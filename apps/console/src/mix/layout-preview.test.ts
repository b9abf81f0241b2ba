import type { Participant, Stream } from '@roomtape/api';
import { LAYOUT_MODES } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { LAYOUT_ORDER, previewOf, previewOfCells, settingsInMode } from './layout-preview.ts';
import { inputsOfRecording, inputsOfRoom, standIns } from './mix-cast.ts';
import { FIRST_SETTINGS, withBig } from './mix-wish.ts';

const stream = (
  streamId: string,
  second: number,
  kinds: readonly ('audio' | 'video')[] = ['audio', 'video'],
): Stream => ({
  roomId: 'r',
  streamId,
  userId: streamId.split('-')[0] ?? '',
  state: 'live',
  publishedAt: `2026-01-01T00:00:0${second}.000Z`,
  tracks: kinds.map((kind) => ({ kind, codec: kind === 'audio' ? 'opus' : 'h264', muted: kind === 'audio' })),
  recording: false,
});
const ADA: Participant = { userId: 'ada', userName: 'Ada L', joinedAt: '2026-01-01T00:00:00Z' };

describe('the layouts offered', () => {
  it('are all of them', () => {
    expect(LAYOUT_ORDER.toSorted()).toEqual([...LAYOUT_MODES].sort());
  });

  it.each(LAYOUT_ORDER)('draw as many people inside the picture as mode %s shows', (mode) => {
    const inputs = standIns(5);
    const tiles = previewOf(settingsInMode(FIRST_SETTINGS, mode, { inputs, areStandIns: false, ownCells: [] }), inputs);

    expect(tiles).toHaveLength(mode === 'single' ? 1 : 5);
    expect(new Set(tiles.map(({ key }) => key)).size).toBe(tiles.length);
    for (const { left, top, width, height } of tiles)
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(100 + 1e-9);
  });

  it('put the chosen person on the big tile', () => {
    const inputs = standIns(3);
    const settings = withBig('person-3')(
      settingsInMode(FIRST_SETTINGS, 'speaker', { inputs, areStandIns: false, ownCells: [] }),
    );
    const largest = previewOf(settings, inputs).toSorted((a, b) => b.width * b.height - a.width * a.height)[0];

    expect(largest).toMatchObject({ streamId: 'person-3', name: 'Person 3', left: 0, top: 0, height: 100 });
  });

  it('come back to the custom layout a person made', () => {
    const inputs = standIns(2);
    const ownCells = [{ x: 640, y: 0, width: 640, height: 720, layer: 1, streamId: 'person-1' }];
    const cells = [...ownCells, { x: 0, y: 0, width: 640, height: 720, layer: 0, streamId: 'person-2' }];
    const settings = settingsInMode(FIRST_SETTINGS, 'custom', { inputs, areStandIns: false, ownCells: cells });

    expect(previewOf(settings, inputs).map(({ streamId }) => streamId)).toEqual(['person-2', 'person-1']);
    expect(previewOfCells(settings, inputs).map(({ streamId, left }) => [streamId, left])).toEqual([
      ['person-1', 50],
      ['person-2', 0],
    ]);
  });
});

describe('a custom layout made before anybody is there', () => {
  it('names no stand-in: its cells take whoever comes', () => {
    const inputs = standIns(3);
    const { cells = [] } = settingsInMode(FIRST_SETTINGS, 'custom', { inputs, areStandIns: true, ownCells: [] }).layout;

    expect(cells.map(({ streamId }) => streamId)).toEqual([undefined, undefined, undefined]);
  });
});

describe('who is in the picture', () => {
  it('is everybody of the room in order of publishing, under their names, and no mix', () => {
    const screen: Stream = { ...stream('ada-screen', 1), kind: 'screen' };
    const streams = [stream('bob-camera', 2, ['audio']), stream('rec_1', 3), screen];

    expect(inputsOfRoom(streams, [ADA], [{ recordingId: 'rec_1' }])).toMatchObject([
      { streamId: 'ada-screen', userName: 'Ada L', kind: 'screen', hasVideo: true, joinedOrder: 0, isMuted: true },
      { streamId: 'bob-camera', userName: 'bob', kind: 'camera', hasVideo: false, joinedOrder: 1 },
    ]);
  });

  it('is everybody whose media is in a recording', () => {
    const recordedStreams = [
      { streamId: 'b', userId: 'bob', userName: 'Bob', kind: 'screen' as const },
      { streamId: 'a', userId: 'ada', userName: 'Ada', kind: 'camera' as const },
    ];

    expect(inputsOfRecording({ recordedStreams })).toMatchObject([
      { streamId: 'b', userName: 'Bob', kind: 'screen', joinedOrder: 0 },
      { streamId: 'a', userName: 'Ada', kind: 'camera', joinedOrder: 1 },
    ]);
    expect(inputsOfRecording({})).toEqual([]);
  });
});
