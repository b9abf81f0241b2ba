// What a problem is called in the API, whatever the part that met it calls it.

import { ERROR_CATALOGUE, type ErrorCode } from '@roomtape/api';

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'output-disk-full', 'DISK_FULL'];

/** The public code of a problem: a code of the catalogue; PROJECTION_FAILED and INTERNAL stand for the rest. */
export function publicProblemCode(code: string, otherwise: ErrorCode = 'INTERNAL'): ErrorCode {
  if (FULL.includes(code)) return 'DISK_FULL';
  return Object.hasOwn(ERROR_CATALOGUE, code) ? (code as ErrorCode) : otherwise;
}
