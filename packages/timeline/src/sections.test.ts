import { unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { Sections } from './sections.ts';

function begun(sections: Sections, wall: number): number {
  const section = sections.at(wall);
  if (section === undefined) throw new Error('cut out');
  if (section.originWall === undefined) sections.begin(section, wall);
  return wall - (section.originWall ?? 0) + section.originMedia;
}

const pause = (from: number, to?: number) =>
  to === undefined ? { fromAt: unixUs(from) } : { fromAt: unixUs(from), toAt: unixUs(to) };

describe('sections', () => {
  it('close up what a pause cuts out', () => {
    const sections = new Sections(100);
    sections.setPauses([pause(500, 900)]);
    expect(begun(sections, 110)).toBe(0);
    expect(begun(sections, 499)).toBe(389);
    expect(sections.at(500)).toBeUndefined();
    // Resumes at 950, the first frame that can start; 390 were kept before.
    expect(begun(sections, 950)).toBe(390);
    expect(begun(sections, 960)).toBe(400);
  });

  it('unite pauses that overlap, whether called for or taped', () => {
    const sections = new Sections(0);
    sections.setPauses([pause(100, 200)]);
    sections.taped('paused', 105);
    sections.taped('resumed', 220);
    expect(sections.at(99)).toBeDefined();
    expect(sections.at(210)).toBeUndefined();
    expect(sections.at(220)).toBeDefined();
  });

  it('leave what is planned where it is when a pause is called late', () => {
    const sections = new Sections(0);
    begun(sections, 0);
    const first = sections.at(0);
    if (first !== undefined) first.plannedTo = 300;
    sections.setPauses([pause(250)]);
    expect(sections.at(299)).toBeDefined();
    expect(sections.at(301)).toBeUndefined();
    sections.setPauses([pause(250, 400)]);
    expect(begun(sections, 410)).toBe(300);
  });

  it('end where they are told', () => {
    const sections = new Sections(0);
    sections.stop(50);
    expect(sections.at(49)).toBeDefined();
    expect(sections.at(50)).toBeUndefined();
  });
});
