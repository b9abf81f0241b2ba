import { describe, expect, it } from 'vitest';
import { ABILITY_ROWS, type Abilities, obstacleOf, UNKNOWN_ABILITIES } from './abilities.ts';

const ALL = Object.fromEntries(ABILITY_ROWS.map(({ key }) => [key, true])) as unknown as Abilities;

describe('abilities of a browser', () => {
  it('stand in nobody’s way while they are unknown or there', () => {
    expect([obstacleOf(UNKNOWN_ABILITIES), obstacleOf(ALL)]).toEqual([undefined, undefined]);
  });

  it('stand in the way only when nothing could be recorded or kept', () => {
    expect(obstacleOf({ ...ALL, h265: false, filePicker: false })).toBeUndefined();
    expect(obstacleOf({ ...ALL, storage: false })).toContain('private window');
    expect(obstacleOf({ ...ALL, recording: false })).toContain('cannot record');
  });
});
