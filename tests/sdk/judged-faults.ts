// Which faults of a film are the recorder's: a machine that others share starves the browser, whose source then leaves
// out pictures or is late, and says so itself.

import type { Analysis, Fault } from '@roomtape/testkit';
import type { SourceTruth } from '../../bench/local/film-measure.ts';

type Strain = Pick<SourceTruth, 'skipped' | 'lateMs'>;

/** A source that could not give so many of its pictures, or was so late, ran on a machine that starves browsers. */
const STARVED_PICTURES = 10;
const STARVED_LATE_MS = 120;
/** What must be right all the same. */
const ALWAYS_JUDGED = [
  ...['NO_MEDIA', 'TRACK_MISSING', 'TRACK_UNEXPECTED', 'DECODE_ERROR'],
  ...['PTS_NOT_RISING', 'FRAMES_OUT_OF_ORDER', 'FRAMES_REPEATED', 'WRONG_PARTICIPANT'],
];
/** A film begins with the picture that was last shown before its start, wherever in its time that is. */
const FIRST_PICTURE_MS = 150;

/** Whether the machine starved the browser. */
export function isStarved({ skipped = 0, lateMs = 0 }: Strain): boolean {
  return skipped > STARVED_PICTURES || lateMs > STARVED_LATE_MS;
}

/** The faults of a film of that source that are the recorder's; how many pictures may be missing is judged apart. */
export function judgedFaults({ faults, video }: Analysis, strain: Strain): Fault[] {
  const hasMissing = (video?.counter.missing ?? 0) > 0;
  return faults.filter(({ code, atMs = 0 }) => {
    if (isStarved(strain)) return ALWAYS_JUDGED.includes(code);
    if (code === 'FLASH_MISSING') return !hasMissing;
    return code !== 'CADENCE' || atMs > FIRST_PICTURE_MS;
  });
}
