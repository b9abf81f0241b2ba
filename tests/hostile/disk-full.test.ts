// A disk that runs full under a recording and gets room again: a real file system, the real server. Nothing that was
// written is lost, everybody is told, and the recording goes on and finishes by itself.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Health, Recording } from '@roomtape/api';
import { verifyTape } from '@roomtape/tape';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { pidsOf } from './process-facts.ts';
import { openSmallDisk, type SmallDisk } from './small-disk.ts';

const DISK_MB = 64;
/** Left when it becomes full: capture takes it within two seconds. */
const LEFT_BYTES = 1024 * 1024;
/** So that the 4 MiB a tape keeps in memory are used up within seconds. */
const BUSY = { width: 640, height: 360, isBusy: true, videoBitrateBps: 8_000_000, gopSeconds: 1 };
const WAIT = { timeout: 40_000, interval: 100 };

let disk: SmallDisk;
let stage: Stage;
let pids: Record<string, number>;

beforeAll(async () => {
  disk = await openSmallDisk(DISK_MB);
  stage = await Stage.open({ ROOMTAPE_DATA_DIR: disk.path, ROOMTAPE_DISK_FREE_MIN_MB: '10' });
  pids = await pidsOf(stage.server);
}, 60_000);

afterAll(async () => {
  await stage?.close();
  await disk?.close();
}, 60_000);

describe('a full disk', { timeout: 120_000 }, () => {
  let recordingId: string;
  let before: Recording;

  it('is told by the recording, the health check and the error of the next start', async () => {
    await stage.publish({ roomId: 'r', userId: 'ann', source: BUSY });
    ({ recordingId } = await stage.client.recordings.start({ roomId: 'r' }));
    before = await stage.untilRecorded(recordingId, 3);
    disk.fill(LEFT_BYTES);

    await expect.poll(droppedFrames, WAIT).toBeGreaterThan(10);
    const full = await stage.client.recordings.get(recordingId);
    expect(full.state).toBe('recording');
    expect(full.problems).toContainEqual(expect.objectContaining({ code: 'DISK_FULL', streamId: 'ann' }));
    expect(openProblems(full)).toContain('DISK_FULL');
    const [status, health] = await healthz();
    expect([status, health.status]).toEqual([503, 'failing']);
    expect(health.problems.map(({ code }) => code)).toContain('DISK_FULL');
    await expect(stage.client.recordings.start({ roomId: 'other' })).rejects.toMatchObject({
      code: 'DISK_FULL',
      status: 507,
      retryable: true,
    });
  });

  it('leaves everything readable that was written before', async () => {
    const [file] = before.files;
    if (file === undefined) throw new Error('no file');
    const { analysis } = await stage.check(file);

    // All but the last fragment, which was never complete: ROOMTAPE_FRAGMENT_MS and a picture.
    expect(analysis.durationMs).toBeGreaterThanOrEqual(file.durationMs - 600);
    expect(analysis.video?.decodeErrors).toBe(0);
    expect(verifyTape(tapeDirectory()).skipped).toEqual([]);
  });

  it('is over by itself when there is room: the recording goes on and finishes, its gap is accounted for', async () => {
    const lengthMs = before.files[0]?.durationMs ?? 0;
    disk.relieve();
    await expect.poll(async () => openProblems(await stage.client.recordings.get(recordingId)), WAIT).toEqual([]);
    await expect.poll(async () => (await healthz())[0], WAIT).toBe(200);
    // Longer than everything that waited in memory: what comes now was captured after the disk had room.
    await stage.untilRecorded(recordingId, lengthMs / 1000 + gapSeconds() + 8);
    const { files, problems } = await stage.finish(recordingId);

    expect(problems.every(({ resolvedAt }) => resolvedAt !== undefined)).toBe(true);
    expect(files).toHaveLength(1);
    for (const file of files) {
      const { analysis } = await stage.check(file);
      expect(analysis.video?.decodeErrors).toBe(0);
      expect(analysis.video?.counter.outOfOrder).toBe(0);
      expect(file.missingMs['disk-full']).toBeGreaterThan(0);
    }
    const account = verifyTape(tapeDirectory());
    console.log(account.tracks.map((track) => `${track.mediaKind} ${track.seconds}`).join('; '));
    expect(account.sealed).toBe(true);
    expect(account.skipped).toEqual([]);
    expect(account.totals.missingMs).toBe(0);
    for (const track of account.tracks) expect(track.seconds).toMatch(/^R+[RG]*G+[RG]*R+\.?$/);
    expect(await pidsOf(stage.server)).toEqual(pids);
  });
});

/** The one tape, found without following links: its disk is in another mount namespace. */
function tapeDirectory(): string {
  const folder = join(disk.path, 'tapes');
  const [name = ''] = readdirSync(folder);
  return join(folder, name);
}

function gapSeconds(): number {
  return Math.max(...verifyTape(tapeDirectory()).tracks.map((track) => track.gapMs)) / 1000;
}

function openProblems({ problems }: Recording): string[] {
  return problems.filter(({ resolvedAt }) => resolvedAt === undefined).map(({ code }) => code);
}

async function healthz(): Promise<readonly [number, Health]> {
  const response = await fetch(`${stage.server.url}/healthz`);
  return [response.status, (await response.json()) as Health];
}

/** What the media process says it had to leave out. */
async function droppedFrames(): Promise<number> {
  const headers = { authorization: `Bearer ${stage.server.apiKey}` };
  const text = await (await fetch(`${stage.server.url}/v1/debug`, { headers })).text();
  return Number(/"droppedFrames":(\d+)/.exec(text)?.[1] ?? 0);
}
