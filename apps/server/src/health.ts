// Whether the server can record now: its processes are up and its disk takes data. Asked often, so the disk is
// looked at no more than once a second.

import type { Health } from '@roomtape/api';
import type { Clock, UnixUs } from '@roomtape/media';
import type { Config } from './config.ts';
import { freeBytes, probeWritable } from './data-directory.ts';

/** What is looked at. */
export type HealthOptions = {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly keepers: readonly { readonly name: string; readonly isUp: boolean }[];
};

type DiskState = {
  readonly at: UnixUs;
  readonly freeBytes?: number;
  readonly problem?: { code: string; message: string };
};

const DISK_CHECK_US = 1_000_000;
const BYTES_PER_MB = 1024 * 1024;

/** Creates the check. */
export function createHealthCheck(options: HealthOptions): () => Promise<Health> {
  let disk: Promise<DiskState> | undefined;
  let checkedAt = 0;
  return async () => {
    const now = options.clock.now();
    if (disk === undefined || now - checkedAt >= DISK_CHECK_US) {
      checkedAt = now;
      disk = checkDisk(options);
    }
    return judge(options, await disk);
  };
}

function judge({ keepers, version }: HealthOptions, disk: DiskState): Health {
  const count = (role: string): { up: number; total: number } => {
    const ofRole = keepers.filter(({ name }) => name.startsWith(role));
    return { up: ofRole.filter(({ isUp }) => isUp).length, total: ofRole.length };
  };
  const problems = keepers
    .filter(({ isUp }) => !isUp)
    .map(({ name }) => ({
      code: name.startsWith('media') ? 'MEDIA_UNAVAILABLE' : 'WORKER_UNAVAILABLE',
      message: `process ${name} is not up`,
    }));
  if (disk.problem !== undefined) problems.push(disk.problem as (typeof problems)[number]);
  return {
    status: problems.length === 0 ? 'ok' : 'failing',
    problems,
    version,
    media: count('media'),
    workers: count('worker'),
    ...(disk.freeBytes === undefined ? {} : { diskFreeBytes: disk.freeBytes }),
  };
}

async function checkDisk({ config, clock }: HealthOptions): Promise<DiskState> {
  const at = clock.now();
  try {
    await probeWritable(config.dataDir);
    const free = await freeBytes(config.dataDir);
    if (free >= config.diskFreeMinMb * BYTES_PER_MB) return { at, freeBytes: free };
    const message = `${Math.floor(free / BYTES_PER_MB)} MB free, less than ROOMTAPE_DISK_FREE_MIN_MB`;
    return { at, freeBytes: free, problem: { code: 'DISK_FULL', message } };
  } catch (error) {
    const code = (error as { code?: unknown }).code === 'ENOSPC' ? 'DISK_FULL' : 'DATA_DIRECTORY_UNUSABLE';
    return { at, problem: { code, message: (error as Error).message } };
  }
}
