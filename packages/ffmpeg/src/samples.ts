// Sound as this package hands it around: planar 32-bit floats, copied out of native frames.

import {
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AV_SAMPLE_FMT_S16P,
  AV_SAMPLE_FMT_S32,
} from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import { ffmpegError } from './errors.ts';
import { endView } from './native.ts';

/** One channel per plane, −1 … 1; all planes have the same length. */
export type Samples = readonly Float32Array[];

/** Copies the sound of a native frame out of it; the frame is to be reused afterwards, not read again. */
export function samplesOf(frame: Frame): Samples {
  // All of it up to eight channels, and cheaper to ask for than the extended planes.
  const planes = frame.data;
  const samples = copied(frame, planes);
  for (const plane of planes ?? []) endView(plane);
  return samples;
}

function copied(frame: Frame, planes: Buffer[] | null): Samples {
  const channels = frame.channels;
  const count = frame.nbSamples;
  const first = planes?.[0];
  if (planes === null || first === undefined) return [];
  if (frame.format === AV_SAMPLE_FMT_FLTP)
    return planes.slice(0, channels).map((plane) => floats(plane, count).slice());
  if (frame.format === AV_SAMPLE_FMT_FLT) return split(floats(first, count * channels), channels, 1);
  if (frame.format === AV_SAMPLE_FMT_S16) return split(shorts(first, count * channels), channels, 1 / 32_768);
  if (frame.format === AV_SAMPLE_FMT_S16P)
    return planes.slice(0, channels).flatMap((plane) => split(shorts(plane, count), 1, 1 / 32_768));
  if (frame.format === AV_SAMPLE_FMT_S32) return split(ints(first, count * channels), channels, 1 / 2 ** 31);
  throw ffmpegError('codec-failed', 'read samples: format not supported', { format: frame.format });
}

function floats(plane: Buffer, count: number): Float32Array {
  return new Float32Array(plane.buffer, plane.byteOffset, bounded(plane, count, 4));
}

function shorts(plane: Buffer, count: number): Int16Array {
  return new Int16Array(plane.buffer, plane.byteOffset, bounded(plane, count, 2));
}

function ints(plane: Buffer, count: number): Int32Array {
  return new Int32Array(plane.buffer, plane.byteOffset, bounded(plane, count, 4));
}

function bounded(plane: Buffer, count: number, size: number): number {
  if (plane.byteLength < count * size) throw ffmpegError('codec-failed', 'read samples: frame is shorter than it says');
  return count;
}

function split(source: ArrayLike<number>, channels: number, scale: number): Samples {
  const count = Math.floor(source.length / channels);
  const out: Float32Array[] = [];
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = new Float32Array(count);
    for (let i = 0, at = channel; i < count; i += 1, at += channels) plane[i] = (source[at] ?? 0) * scale;
    out.push(plane);
  }
  return out;
}
