import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitLeftoverChildren, noteChild } from './leftover-children.ts';

const clock = createSystemClock({ keepAlive: true });
let folder = '';

describe('leftover children', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomtape-leftover-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are waited for until they have closed by themselves', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 300)']);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    noteChild(folder, 'media-0', child.pid);

    await awaitLeftoverChildren(folder, clock, silentLog);

    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 'children'))).toBe(false);
  });

  it('are killed when they hang', async () => {
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)']);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    noteChild(folder, 'media-0', child.pid);

    await awaitLeftoverChildren(folder, clock, silentLog);

    expect(await ended).toBe('SIGKILL');
  });

  it('are never confused with another process that has their number, nor with rubbish', async () => {
    mkdirSync(join(folder, 'children'));
    writeFileSync(join(folder, 'children', 'media-0'), `${process.ppid} 1\n`);
    writeFileSync(join(folder, 'children', 'media-1'), 'rubbish');

    await awaitLeftoverChildren(folder, clock, silentLog);

    expect(existsSync(join(folder, 'children'))).toBe(false);
  });
});
