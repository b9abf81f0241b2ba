// The data directory: made, checked, and held by one server at a time. A second server on the same directory
// would write the same journals, so it is refused.

import { mkdir, open, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RoomtapeError } from '@roomtape/media';

const LOCK_FILE = 'server.lock';
const PROBE_FILE = '.write-probe';

/** A data directory that is held by this process. */
export type DataDirectory = { readonly path: string; release(): Promise<void> };

/** Prepares and locks the directory. Throws DATA_DIRECTORY_UNUSABLE or DATA_DIRECTORY_TAKEN. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path);
  try {
    for (const folder of ['recordings', 'tapes']) await mkdir(join(root, folder), { recursive: true });
    await probeWritable(root);
  } catch (error) {
    const message = `the data directory ${root} cannot be written: ${(error as Error).message}`;
    throw new RoomtapeError('DATA_DIRECTORY_UNUSABLE', message, { blame: 'caller', retryable: false, cause: error });
  }
  await takeLock(join(root, LOCK_FILE), root);
  return { path: root, release: () => rm(join(root, LOCK_FILE), { force: true }) };
}

/** Writes and removes a small file; rejects with the I/O error. */
export async function probeWritable(root: string): Promise<void> {
  const path = join(root, PROBE_FILE);
  await writeFile(path, 'probe\n');
  await rm(path, { force: true });
}

/** Bytes an unprivileged process may still write under a directory. */
export async function freeBytes(root: string): Promise<number> {
  const facts = await statfs(root);
  return facts.bavail * facts.bsize;
}

async function takeLock(path: string, root: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (file !== undefined) {
      await file.writeFile(`${process.pid} ${await startOf(process.pid)}\n`);
      await file.close();
      return;
    }
    const [pid, start] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
    if (pid !== undefined && (await isAlive(Number(pid), start))) {
      const message = `another server (process ${pid}) uses the data directory ${root}`;
      throw new RoomtapeError('DATA_DIRECTORY_TAKEN', message, { blame: 'caller', retryable: false });
    }
    await rm(path, { force: true });
  }
}

async function isAlive(pid: number, start: string | undefined): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // A process id is used again after a reboot: the start time tells whether it is still the same process.
  return start === (await startOf(pid));
}

async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? 'unknown';
}
