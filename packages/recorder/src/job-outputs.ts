// A job's outputs, each as a job of its own: what it is made of, and which file names are its own.

import { CONTAINERS } from '@roomtape/ffmpeg';
import type { Log } from '@roomtape/media';
import type { OutputProjection } from './output-projection.ts';
import { createPictureSeries } from './pictures/picture-series.ts';
import { Projection } from './projection.ts';
import type { FileJob, OutputContainer, PictureJob, ProjectionJob, ProjectionOutput } from './projection-job.ts';

const FILE_CONTAINERS = Object.keys(CONTAINERS) as OutputContainer[];

/**
 * Splits a job into one for each of its outputs, in their order. An output has the job's file name where no other
 * can write a file of that name and container, else `NAME.out2` as the second output, `NAME.out3` as the third …
 */
export function outputJobs(job: ProjectionJob): (FileJob | PictureJob)[] {
  if (!('outputs' in job)) return [job];
  const { outputs, ...facts } = job;
  return outputs.map((output, index) => {
    const own = `${job.fileName}.out${index + 1}`;
    const isOthers = (container: ProjectionOutput['container']): boolean => ownerOf(outputs, container) !== index;
    if (isPictures(output)) {
      return { ...facts, ...output, fileName: isOthers(output.container) ? own : job.fileName };
    }
    const names = Object.fromEntries(FILE_CONTAINERS.filter(isOthers).map((container) => [container, own]));
    return { ...facts, ...output, names };
  });
}

/** Opens one output of a job; throws when its directory cannot be used. */
export function openOutput(job: FileJob | PictureJob, log: Log): OutputProjection {
  return isPictures(job) ? createPictureSeries(job, log) : new Projection(job, log);
}

/** Which output writes the files of a container that have the job's own name: whoever asks for it, or may need it. */
function ownerOf(outputs: readonly ProjectionOutput[], container: ProjectionOutput['container']): number {
  const asking = outputs.findIndex((output) => output.container === container);
  return asking === -1 ? outputs.findIndex(isReplaceable) : asking;
}

/** Whether an output becomes MP4 or WebM when its container cannot carry the codecs. */
function isReplaceable({ container }: ProjectionOutput): boolean {
  if (container === 'auto') return true;
  if (container === 'jpeg' || container === 'webp') return false;
  const { isAudioOnly, sound } = CONTAINERS[container];
  return isAudioOnly !== true || sound === undefined;
}

function isPictures<T extends ProjectionOutput>(output: T): output is T & { readonly container: 'jpeg' | 'webp' } {
  return output.container === 'jpeg' || output.container === 'webp';
}
