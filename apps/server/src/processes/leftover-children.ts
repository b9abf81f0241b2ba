// Children of a server that was killed: for a moment they still hold the media port and finish their tapes.
// The next server waits for them, so that no tape ever has two writers, and ends those that do not go.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log } from '@roomtape/media';
import { identityOf, isRunning, type ProcessIdentity, parseIdentity, writeIdentity } from './process-identity.ts';

/** Orphans give themselves 3 s to close; past this they hang. */
const PATIENCE_MS = 5_000;
const POLL_MS = 50;

/** Notes a child, so that a later server can find it if this one is killed. */
export function noteChild(dataDirectory: string, name: string, pid: number | undefined): void {
  if (pid === undefined) return;
  const folder = folderOf(dataDirectory);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), writeIdentity(identityOf(pid)));
}

/** Waits until the children of an earlier server are gone; kills what stays longer than it may. */
export async function awaitLeftoverChildren(dataDirectory: string, clock: Clock, log: Log): Promise<void> {
  const leftover = notedChildren(dataDirectory);
  for (let waitedMs = 0; leftover.some(isRunning) && waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
  }
  for (const child of leftover.filter(isRunning)) {
    log.warn({ childPid: child.pid }, 'leftover child killed');
    process.kill(child.pid, 'SIGKILL');
    while (isRunning(child)) await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
  }
  rmSync(folderOf(dataDirectory), { recursive: true, force: true });
}

function notedChildren(dataDirectory: string): ProcessIdentity[] {
  const folder = folderOf(dataDirectory);
  try {
    const noted = readdirSync(folder).map((name) => parseIdentity(readFileSync(join(folder, name), 'utf8')));
    return noted.filter((identity) => identity !== undefined);
  } catch {
    return [];
  }
}

function folderOf(dataDirectory: string): string {
  return join(dataDirectory, 'children');
}
