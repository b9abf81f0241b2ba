// The data directory: made, checked, and held by one server at a time. A second server on the same directory
// would write the same journals, so it is refused.

import { mkdir, open, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RoomtapeError } from '@roomtape/media';
import { identityOf, isRunning, parseIdentity, writeIdentity } from './processes/process-identity.ts';

const LOCK_FILE = 'server.lock';
const PROBE_FILE = '.write-probe';

/** A data directory that is held by this process. */
export type DataDirectory = { readonly path: string; release(): Promise<void> };

/** Prepares and locks the directory. Throws DATA_DIRECTORY_UNUSABLE or DATA_DIRECTORY_TAKEN. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const root = resolve(path);
  try {
    for (const folder of ['recordings', 'tapes', 'uploads']) await mkdir(join(root, folder), { recursive: true });
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
      await file.writeFile(writeIdentity(identityOf(process.pid)));
      await file.close();
      return;
    }
    const holder = parseIdentity(await readFile(path, 'utf8').catch(() => ''));
    if (holder !== undefined && isRunning(holder)) {
      const message = `another server (process ${holder.pid}) uses the data directory ${root}`;
      throw new RoomtapeError('DATA_DIRECTORY_TAKEN', message, { blame: 'caller', retryable: false });
    }
    await rm(path, { force: true });
  }
}
