// What files a recording is asked for, checked before it begins.

import { checkOutputs } from '@roomtape/api';
import { refusal } from './recording-refusal.ts';

/** Throws why the outputs a request asks for cannot be made. */
export function requireOutputs(request: Parameters<typeof checkOutputs>[0]): void {
  const problem = checkOutputs(request);
  if (problem !== undefined) throw refusal(problem.code, problem.message, { ...problem.details });
}
