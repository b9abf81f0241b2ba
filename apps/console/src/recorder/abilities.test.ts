import { describe, expect, it } from 'vitest';
import { ABILITY_ROWS, type Abilities, obstacleOf, UNKNOWN_ABILITIES } from './abilities.ts';
import { changeSettings, defaultSettings } from './record-settings.ts';

const FILM = defaultSettings('main');
const ALL = Object.fromEntries(ABILITY_ROWS.map(({ key }) => [key, true])) as unknown as Abilities;

describe('abilities of a browser', () => {
  it('stand in nobody’s way while they are unknown or there', () => {
    expect([obstacleOf(UNKNOWN_ABILITIES, FILM), obstacleOf(ALL, FILM)]).toEqual([undefined, undefined]);
  });

  it('stand in the way only when nothing could be recorded or kept', () => {
    expect(obstacleOf({ ...ALL, h265: false, filePicker: false }, FILM)).toBeUndefined();
    expect(obstacleOf({ ...ALL, storage: false }, FILM)).toContain('private window');
    expect(obstacleOf({ ...ALL, recording: false }, FILM)).toContain('cannot record');
  });

  it('say what can be recorded where one encoder is missing', () => {
    const pictures = changeSettings(FILM, { content: 'only-video' });
    const sound = changeSettings(FILM, { content: 'only-audio' });

    expect(obstacleOf({ ...ALL, aac: false }, FILM)).toContain('picture only');
    expect(obstacleOf({ ...ALL, aac: false }, pictures)).toBeUndefined();
    expect(obstacleOf({ ...ALL, h264: false }, FILM)).toContain('sound only');
    expect(obstacleOf({ ...ALL, h264: false }, sound)).toBeUndefined();
  });
});
