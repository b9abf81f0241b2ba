// Checks what an application asks raw audio to be like.

import { clientError } from '../errors.ts';
import type { AudioDataFormat, FullAudioDataFormat } from './audio-data.ts';

/** Fills in the defaults. Throws `INVALID_ARGUMENT`, also where a frame would not be a whole number of samples. */
export function fullAudioDataFormat(asked: AudioDataFormat = {}): FullAudioDataFormat {
  const { sampleRate = 48_000, channels = 1, format = 'int16', frameMs = 20 } = asked;
  check(Number.isInteger(sampleRate) && sampleRate >= 8000 && sampleRate <= 48_000, {
    sampleRate: 'a whole number from 8000 to 48000',
  });
  check(channels === 1 || channels === 2, { channels: '1 or 2' });
  check(format === 'int16' || format === 'float32', { format: 'int16 or float32' });
  check([10, 20, 40].includes(frameMs), { frameMs: '10, 20 or 40' });
  check((sampleRate * frameMs) % 1000 === 0, {
    frameMs: 'such that a frame holds a whole number of samples: 20 or 40 at 22050 Hz, 40 at 11025 Hz',
  });
  return { sampleRate, channels, format, frameMs };
}

function check(isRight: boolean, rule: Readonly<Record<string, string>>): void {
  if (isRight) return;
  const [name, may] = Object.entries(rule)[0] ?? [];
  throw clientError('INVALID_ARGUMENT', { message: `${name} must be ${may}`, details: rule });
}
