// Volumes as users set them: 0 is silence, 100 as it is, 200 twice the amplitude (+6 dB).

import { clientError } from '../errors.ts';

/** The factor of a volume of 0 to 200. Throws `INVALID_ARGUMENT` for anything else. */
export function gainOfVolume(volume: number): number {
  if (typeof volume === 'number' && volume >= 0 && volume <= 200) return volume / 100;
  throw clientError('INVALID_ARGUMENT', { message: 'A volume is a number from 0 to 200', details: { volume } });
}

/** Moves to a factor within about 15 ms: a jump would be heard as a click. */
export function glideTo(gain: GainNode, factor: number): void {
  gain.gain.setTargetAtTime(factor, gain.context.currentTime, 0.005);
}
