// A real file system of a few megabytes that a test can fill and empty. It needs no rights beyond those of a normal
// user: a process in a mount namespace of its own holds a tmpfs, which others reach through /proc and which goes
// away with that process, whatever happens. Where namespaces are forbidden, as in a container, a small /dev/shm does.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small disk; `close` at the end. */
export type SmallDisk = {
  /** An empty directory on it. */
  readonly path: string;
  freeBytes(): number;
  /** Fills it with one file until only so much is free. */
  fill(leaveBytes: number): void;
  /** Removes that file. */
  relieve(): void;
  close(): Promise<void>;
};

const MB = 1024 * 1024;
const SHARED_MEMORY = '/dev/shm';
const SHARED_MEMORY_MB_MAX = 256;
const BLOCK = new Uint8Array(64 * 1024);

/** Opens a small disk; rejects with what to do where that is impossible. */
export async function openSmallDisk(megabytes: number): Promise<SmallDisk> {
  const mountPoint = mkdtempSync(join(tmpdir(), 'roomtape-disk-'));
  for (const flags of ['-Urm', '-m']) {
    const holder = await hold(flags, mountPoint, megabytes);
    if (holder !== undefined)
      return smallDisk(`/proc/${holder.pid}/root${mountPoint}`, () => release(holder, mountPoint));
  }
  rmSync(mountPoint, { recursive: true });
  const { blocks, bsize } = statfsSync(SHARED_MEMORY);
  if (blocks * bsize <= SHARED_MEMORY_MB_MAX * MB) {
    const path = mkdtempSync(join(SHARED_MEMORY, 'roomtape-disk-'));
    return smallDisk(path, async () => rmSync(path, { recursive: true, force: true }));
  }
  throw new Error('no small disk: allow user namespaces (sysctl kernel.unprivileged_userns_clone=1) or run as root');
}

function smallDisk(root: string, close: () => Promise<void>): SmallDisk {
  const path = join(root, 'data');
  const filler = join(root, 'filler');
  mkdirSync(path);
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    fill: (leaveBytes) => {
      const file = openSync(filler, 'w');
      for (let left = freeBytes() - leaveBytes; left > 0; left = freeBytes() - leaveBytes) {
        writeSync(file, BLOCK, 0, Math.min(BLOCK.length, left));
      }
      closeSync(file);
    },
    relieve: () => rmSync(filler, { force: true }),
    close,
  };
}

/** A process that has the disk mounted for as long as we live; `undefined` when it may not. */
async function hold(flags: string, mountPoint: string, megabytes: number): Promise<ChildProcess | undefined> {
  const script = `mount -t tmpfs -o size=${megabytes}m tmpfs "$1" && echo mounted && exec cat`;
  const holder = spawn('unshare', [flags, 'sh', '-c', script, 'sh', mountPoint], { stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = Promise.race([once(holder, 'exit'), once(holder, 'error')]).then(() => undefined);
  const mounted = once(holder.stdout, 'data').then(() => holder);
  return Promise.race([mounted, failed]);
}

async function release(holder: ChildProcess, mountPoint: string): Promise<void> {
  const ended = once(holder, 'exit');
  holder.stdin?.end();
  await ended;
  rmSync(mountPoint, { recursive: true });
}
