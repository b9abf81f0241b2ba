// Renders a tape that is complete, in one go: for the command line, embedders and tests.

import { type Log, silentLog, unixUs } from '@roomtape/media';
import { openOutput, outputJobs } from './job-outputs.ts';
import type { OutputProjection } from './output-projection.ts';
import type { PauseSpan, ProjectedFile, ProjectionEnd, ProjectionJob } from './projection-job.ts';

/** Parts of a recording a complete tape does not tell. */
export type RenderOptions = {
  readonly pauses?: readonly PauseSpan[];
  /** Default: the tape's end. */
  readonly end?: ProjectionEnd;
  readonly log?: Log;
};

/**
 * Projects a tape as far as it is written and closes the files, one output after the other. Yields to the event loop
 * between steps. Rejects with the first error; nothing is retried.
 */
export async function renderTape(job: ProjectionJob, options: RenderOptions = {}): Promise<ProjectedFile[]> {
  const files: ProjectedFile[] = [];
  for (const [output, one] of outputJobs(job).entries()) {
    const made = await renderOutput(openOutput(one, options.log ?? silentLog), options);
    files.push(...('outputs' in job ? made.map((file) => ({ ...file, output })) : made));
  }
  return files;
}

async function renderOutput(projection: OutputProjection, options: RenderOptions): Promise<readonly ProjectedFile[]> {
  try {
    if (options.pauses !== undefined) projection.setPauses(options.pauses);
    const { stopAt } = options.end ?? { stopAt: unixUs(Number.POSITIVE_INFINITY) };
    const sequence = options.end?.sequence;
    projection.finish(sequence === undefined ? { stopAt } : { stopAt, sequence });
    // Time only matters to a tape that still grows; this one is taken as it is.
    for (let polls = 0; projection.step(unixUs(polls * 1_000_000)) !== 'finished'; polls += 1) await yieldOnce();
    return projection.files();
  } catch (error) {
    projection.abandon();
    throw error;
  }
}

function yieldOnce(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
